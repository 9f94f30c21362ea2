const wasmPageBytes = 64 * 1024;

/**
 * Shared memory of at least `bytes` that begins at a page's start, as writing past the page cache needs it. JavaScript
 * has no say in where an ordinary buffer begins; WebAssembly's memory always begins at a page.
 */
export const pageAlignedMemory = (bytes: number): SharedArrayBuffer => {
  const pages = Math.ceil(bytes / wasmPageBytes);
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return buffer as unknown as SharedArrayBuffer;
};
