import type { Extent } from './virtual-disk.ts';

/** Ranges that lie in either of two ascending lists, ascending and merged. Lazy. */
export function* unionExtents(first: Iterable<Extent>, second: Iterable<Extent>): Generator<Extent> {
  let open: Extent | null = null;
  for (const extent of inOrder(first[Symbol.iterator](), second[Symbol.iterator]())) {
    if (open !== null && extent.offset <= open.offset + open.length) {
      const end = Math.max(open.offset + open.length, extent.offset + extent.length);
      open = { offset: open.offset, length: end - open.offset };
    } else {
      if (open !== null) yield open;
      open = extent;
    }
  }
  if (open !== null) yield open;
}

function* inOrder(first: Iterator<Extent>, second: Iterator<Extent>): Generator<Extent> {
  let a = first.next();
  let b = second.next();
  while (!a.done || !b.done) {
    if (!a.done && (b.done || a.value.offset <= b.value.offset)) {
      yield a.value;
      a = first.next();
    } else if (!b.done) {
      yield b.value;
      b = second.next();
    }
  }
}
