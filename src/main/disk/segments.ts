import type { Segment } from './virtual-disk.ts';

/** Joins neighbours of one kind: holes next to holes, file ranges that go on in the file. Lazy. */
export function* mergeSegments(segments: Iterable<Segment>): Generator<Segment> {
  let open: Segment | null = null;
  for (const segment of segments) {
    if (segment.length === 0) continue;
    if (open !== null && continues(open, segment)) {
      open = lengthened(open, segment.length);
    } else {
      if (open !== null) yield open;
      open = segment;
    }
  }
  if (open !== null) yield open;
}

const continues = (before: Segment, after: Segment): boolean =>
  before.source === after.source &&
  (before.source !== 'file' ||
    after.source !== 'file' ||
    before.fileOffset + before.length === after.fileOffset);

const lengthened = (segment: Segment, bytes: number): Segment => ({
  ...segment,
  length: segment.length + bytes,
});
