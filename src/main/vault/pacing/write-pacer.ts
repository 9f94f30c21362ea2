/** Whoever writes to a vault asks this first: how much of what it has may leave now. */
export interface WritePacer {
  /**
   * Waits for the turn and says how many of `wanted` bytes may leave then: all of them, or a multiple of `unitBytes`.
   * @throws ReplicationError `CANCELLED` once the work it belongs to was cancelled
   */
  grant(wanted: number, unitBytes: number): Promise<number>;
}

/** No limit. */
export const unpaced: WritePacer = { grant: async (wanted) => wanted };

/** Waits for the turn of `bytes` that can only leave together. */
export const payFor = (pacer: WritePacer, bytes: number): Promise<void> =>
  inGrantedPieces(pacer, bytes, 512, () => undefined);

/** Hands `data` to `send` in the pieces that the pacer grants, one after another. */
export const inGrantedPieces = async (
  pacer: WritePacer,
  length: number,
  unitBytes: number,
  send: (at: number, length: number) => unknown,
): Promise<void> => {
  for (let at = 0; at < length; ) {
    const granted = await pacer.grant(length - at, unitBytes);
    await send(at, granted);
    at += granted;
  }
};
