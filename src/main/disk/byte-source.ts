/** Random-access bytes of one file. Everything that parses a disk file reads through this. */
export interface ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  /**
   * Fills `target` from `offset`. Synchronous: disks are read in worker threads, where a blocking read is the fastest.
   * @throws ReplicationError `DISK_TRUNCATED` when the range leaves the file, `DISK_READ_FAILED`, `DISK_LOCKED`
   */
  read(target: Uint8Array, offset: number): void;
  close(): void;
}
