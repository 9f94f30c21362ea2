import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { ReplicationError } from '../../contract/errors.ts';
import { dataPaths } from './data-directory.ts';
import { RotatingFile } from './rotating-file.ts';

export type Log = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LogFile extends Log {
  readonly path: string;
  child(bindings: Readonly<Record<string, unknown>>): Log;
  close(): void;
}

export interface LogOptions {
  readonly maxBytes?: number;
  readonly keep?: number;
  /** Told when the log cannot be written; by default a line on stderr. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * The engine's log: one JSON object per line in `<data>/logs/hvrc.log`, five files of 10 MiB at most. An error is logged
 * under `error`, with its code, place, cause and stack. Secrets are taken out of every line.
 */
export const openLog = (dataDirectory: string, options: LogOptions = {}): LogFile => {
  const { log: path } = dataPaths(dataDirectory);
  const file = new RotatingFile({
    path,
    maxBytes: options.maxBytes ?? 10 * 1024 * 1024,
    keep: options.keep ?? 4,
    onFailure:
      options.onFailure ??
      ((error) => void process.stderr.write(`The log file ${path} cannot be written: ${String(error)}\n`)),
  });
  const logger = pino(
    {
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: describeError },
    },
    { write: (line: string) => file.write(withoutSecrets(line)) },
  );
  return Object.assign(logger, { path, close: () => file.close() });
};

const describeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const stack = error.stack;
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  return error instanceof ReplicationError
    ? { ...error.toReport(), stack, ...cause }
    : { name: error.name, message: error.message, stack, ...cause };
};

const secrets: readonly RegExp[] = [
  // a shared access signature's signature, as a parameter of a URL
  /((?:[?&]|\\u0026|%26)sig(?:=|%3D))[^&"\\\s]+/gi,
  // parts of a connection string
  /((?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=)[^;"\\]+/gi,
  // credentials in headers
  /(\b(?:Bearer|SharedKey|Basic)\s+)[A-Za-z0-9+/=._~:-]{8,}/g,
  // user:password@ of a proxy, with or without its scheme
  /((?:https?|all)_proxy["']?\s*[=:]\s*["']?(?:\w+:\/\/)?)[^\s"'@/]+(?=@)/gi,
  // user:password@ in a URL
  /(:\/\/[^/\s:@"]+:)[^/\s@"]+(?=@)/g,
  // token@ in a URL
  /(:\/\/)[^/\s:@"*]{16,}(?=@)/g,
];

/** The text with everything that looks like a secret replaced by `***`. A last line of defence: secrets are not to be logged at all. */
export const withoutSecrets = (text: string): string =>
  secrets.reduce((clean, pattern) => clean.replace(pattern, '$1***'), text);
