/** Folders of the machine that runs the engine, for choosing one in a browser. */

export interface FolderEntry {
  readonly name: string;
  readonly path: string;
}

export interface FolderReport {
  /** Null above the drives of a Windows machine. */
  readonly path: string | null;
  /** The folder above; null at the top. `''` is the list of drives. */
  readonly parent: string | null;
  /** By name; folders only. */
  readonly folders: readonly FolderEntry[];
  /** Whether there are more than are listed. */
  readonly more: boolean;
}

export const listedFolders = 1000;
