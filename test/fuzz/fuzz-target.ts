import type { FuzzImage } from './fuzz-image.ts';

/** One kind of file that is mutated and then used. */
export interface FuzzTarget {
  readonly name: string;
  /** Makes small, valid files in `folder`. Returns the one to use; the others it made may be mutated as well. */
  readonly makeSeed: (folder: string) => string | Promise<string>;
  /** Opens the file and uses all of it. May throw a ReplicationError, nothing else. */
  readonly exercise: (path: string) => void | Promise<void>;
  /** Makes the checksums of a mutated file fit again, so that what lies behind them is reached too. */
  readonly repair?: (image: FuzzImage) => void;
}
