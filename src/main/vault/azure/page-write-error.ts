import type { IncomingMessage } from 'node:http';
import { isUntrusted } from './azure-errors.ts';
import { longestPauseMs, retryAfterOf } from './retry-after.ts';

interface Failure {
  /** HTTP status; left out when there was no answer. */
  readonly status?: number;
  readonly code: string;
  readonly headers?: IncomingMessage['headers'];
  readonly cause?: unknown;
}

/** A failed `Put Page`, in the shape of the SDK's own errors: `azureError` makes the same of both. */
export class PageWriteError extends Error {
  override readonly name = 'RestError';
  readonly code: string;
  readonly statusCode: number | undefined;
  readonly response: { readonly headers: { get(name: string): string | undefined } };

  constructor(message: string, { status, code, headers = {}, cause }: Failure) {
    super(message, { cause });
    this.code = code;
    this.statusCode = status;
    this.response = { headers: { get: (name) => headers[name]?.toString() } };
  }

  /** A request that nothing came back for. */
  static broken(cause: Error): PageWriteError {
    const { code } = cause as NodeJS.ErrnoException;
    return new PageWriteError(cause.message, { code: code ?? 'ECONNRESET', cause });
  }

  /** Whether the service, an emulator, does not know the checksum's header. */
  get refusesChecksum(): boolean {
    return this.code === 'FeatureNotSupported' && isAboutChecksum.test(this.message);
  }

  /** How long the service asks to be left alone. */
  get retryAfterMs(): number | undefined {
    return retryAfterOf(this.response.headers);
  }

  /** Whether the same request may well pass in a moment. */
  get isHiccup(): boolean {
    const { statusCode, code } = this;
    if (statusCode === undefined)
      return code !== 'ENOTFOUND' && code !== 'ERR_PROXY_TUNNEL' && !isUntrusted(code);
    if ((this.retryAfterMs ?? 0) > longestPauseMs) return false;
    return statusCode === 500 || statusCode === 503 || /^(Md5|Crc64)Mismatch$/.test(code);
  }
}

const isAboutChecksum = /x-ms-content-crc64/i;

export const refusalOf = ({ statusCode = 0, headers }: IncomingMessage, body: string): PageWriteError => {
  const found = (element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(body)?.[1];
  const code = headers['x-ms-error-code']?.toString() ?? found('Code') ?? '';
  const message = found('Message') ?? `status ${statusCode}`;
  return new PageWriteError(message, { status: statusCode, code, headers });
};
