import { ChainDisk } from '../../src/main/disk/chain-disk.ts';
import { FileSource } from '../../src/main/disk/file-source.ts';
import { openVhdxLayer } from '../../src/main/disk/vhdx/vhdx-layer.ts';

/** The whole disk that a chain of VHDX files holds, the tip first, read in pieces of an odd size. */
export const contentOf = (paths: readonly string[], pieceBytes = 777_777): Buffer => {
  const disk = new ChainDisk(paths.map((path) => openVhdxLayer(new FileSource(path))));
  try {
    const content = Buffer.alloc(disk.sizeBytes);
    for (let at = 0; at < content.length; at += pieceBytes)
      disk.read(content.subarray(at, Math.min(content.length, at + pieceBytes)), at);
    return content;
  } finally {
    disk.close();
  }
};
