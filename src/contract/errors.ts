import { type ErrorClass, type ErrorCode, errorCatalogue } from './error-catalogue.ts';

/** Where and why: everything a person needs to find the thing that failed. */
export interface ErrorContext {
  readonly vm?: string | undefined;
  /** Path or file name of the disk, log or vault file concerned. */
  readonly file?: string | undefined;
  /** Byte offset in `file` or on the virtual disk. */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
  /** Milliseconds after which a service asked to be tried again. */
  readonly retryAfterMs?: number | undefined;
}

/** A `ReplicationError` as plain data: crosses threads, sockets and the store. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  readonly title: string;
  readonly message: string;
  readonly nextStep: string;
  readonly vm?: string;
  readonly file?: string;
  readonly offset?: number;
  readonly cause?: string;
  readonly retryAfterMs?: number;
}

/** The only error thrown across a module boundary. `message` says what happened to which object. */
export class ReplicationError extends Error {
  readonly code: ErrorCode;
  readonly vm: string | undefined;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'ReplicationError';
    this.code = code;
    this.vm = context.vm;
    this.file = context.file;
    this.offset = context.offset;
    this.retryAfterMs = context.retryAfterMs;
  }

  get class(): ErrorClass {
    return errorCatalogue[this.code].class;
  }

  /** The same error with the VM's name added where it was thrown without one. */
  forVm(vm: string): ReplicationError {
    return this.vm === undefined
      ? new ReplicationError(this.code, this.message, { ...this.context(), vm })
      : this;
  }

  toReport(): ErrorReport {
    const { class: errorClass, title, nextStep } = errorCatalogue[this.code];
    return {
      code: this.code,
      class: errorClass,
      title,
      message: this.message,
      nextStep,
      ...(this.vm === undefined ? {} : { vm: this.vm }),
      ...(this.file === undefined ? {} : { file: this.file }),
      ...(this.offset === undefined ? {} : { offset: this.offset }),
      ...(this.cause === undefined ? {} : { cause: describeCause(this.cause) }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }

  static fromReport(report: ErrorReport): ReplicationError {
    return new ReplicationError(report.code, report.message, report);
  }

  /** Whatever was thrown, as a catalogued error: what nobody classified is `UNKNOWN`, hence not retried. */
  static from(thrown: unknown, context: ErrorContext = {}): ReplicationError {
    if (thrown instanceof ReplicationError) return thrown;
    return new ReplicationError('UNKNOWN', describeCause(thrown), { ...context, cause: thrown });
  }

  private context(): ErrorContext {
    return {
      file: this.file,
      offset: this.offset,
      cause: this.cause,
      retryAfterMs: this.retryAfterMs,
    };
  }
}

const describeCause = (cause: unknown): string =>
  cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : JSON.stringify(cause);
