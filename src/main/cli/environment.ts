import type { OpenConsole } from '../../contract/client.ts';

export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Everything outside that a command touches; tests bring their own. */
export interface CliEnvironment {
  readonly stdout: OutputStream & NodeJS.WritableStream;
  readonly stderr: OutputStream & NodeJS.WritableStream;
  /** What somebody types; read for secrets only. */
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths count from. */
  readonly cwd: string;
  readonly now: () => number;
  readonly workersDirectory: string;
  /** Loaded only when a command becomes the engine itself. */
  readonly openConsole: OpenConsole;
  /** Calls `listener` when the user or the system asks the process to end; the returned function ends that. */
  readonly onInterrupt: (listener: () => void) => () => void;
}
