import { z } from 'zod';
import type { ErrorReport } from '../../contract/errors.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { EnginePush } from '../../contract/events.ts';

/**
 * The socket's protocol: one JSON object per line, UTF-8, ended by LF.
 *
 *   client → engine   {"id": 7, "request": "status", "params": {…}}
 *                     {"subscribe": true}
 *   engine → client   {"id": 7, "result": …}
 *                     {"id": 7, "error": ErrorReport}      id null: a frame that could not be read; the connection ends
 *                     {"event": EnginePush}                only after subscribe
 */
export const requestFrame = z.union([
  z.strictObject({ id: z.int().min(0), request: z.string().max(64), params: z.unknown() }),
  z.strictObject({ subscribe: z.literal(true) }),
]);
export type RequestFrame = z.infer<typeof requestFrame>;

export type ReplyFrame =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number | null; readonly error: ErrorReport }
  | { readonly event: EnginePush };

/** Longest frame that an engine takes. */
export const maxRequestBytes = 1024 * 1024;
/** Longest frame that a client takes: a list may be long. */
export const maxReplyBytes = 64 * 1024 * 1024;

export const printFrame = (frame: RequestFrame | ReplyFrame): string => `${JSON.stringify(frame)}\n`;

/** @throws ReplicationError `INPUT_INVALID` */
export const parseFrame = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ReplicationError('INPUT_INVALID', 'A frame on the socket is not JSON.', { cause });
  }
};

const lineFeed = 0x0a;

/** Cuts a stream of bytes into lines without ever holding more than `maxBytes` of one. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The lines that `chunk` completes, without their line feeds.
   * @throws ReplicationError `INPUT_INVALID` when a line is longer than allowed
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      this.keep(chunk.subarray(from, end));
      const line = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#length);
      this.#parts = [];
      this.#length = 0;
      from = end + 1;
      yield line;
    }
    this.keep(chunk.subarray(from));
  }

  private keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes)
      throw new ReplicationError(
        'INPUT_INVALID',
        `A frame on the socket is longer than ${this.#maxBytes} bytes.`,
      );
    this.#parts.push(part);
  }
}
