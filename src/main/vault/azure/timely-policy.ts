import { setTimeout as pause } from 'node:timers/promises';
import type { Pipeline } from '@azure/storage-blob';
import { longestPauseMs, retryAfterOf } from './retry-after.ts';

interface Request {
  timeout: number;
  readonly abortSignal?: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
}

interface Policy {
  readonly name: string;
  sendRequest(request: Request, next: (request: Request) => Promise<Answer>): Promise<Answer>;
}

/** What of the SDK's pipeline is needed here: it shows nobody a way to a policy within its retries. */
interface WithCore {
  readonly _corePipeline?: { addPolicy(policy: Policy, options: { readonly afterPhase: 'Retry' }): void };
}

/** The service wants to be left alone for longer than a request waits. Not a `RestError`: the SDK would try those again. */
export class BusyAnswer extends Error {
  override readonly name = 'BusyAnswer';
  readonly statusCode: number;
  readonly code: string;
  readonly retryAfterMs: number;

  constructor({ status, headers }: Answer, retryAfterMs: number) {
    super(`status ${status}`);
    this.statusCode = status;
    this.code = headers.get('x-ms-error-code') ?? 'ServerBusy';
    this.retryAfterMs = retryAfterMs;
  }
}

const isBusy = (status: number): boolean => status === 429 || status === 500 || status === 503;

/**
 * Gives each try of the SDK's requests an end, which the SDK itself does not, and keeps its retries from coming sooner than
 * the service asks for.
 */
export const makeTimely = (pipeline: Pipeline, answerMs: number): void => {
  const core = (pipeline as unknown as WithCore)._corePipeline;
  if (core === undefined) throw new Error('The storage SDK has no pipeline where it used to have one.');
  core.addPolicy(
    {
      name: 'timelyPolicy',
      sendRequest: async (request, next) => {
        request.timeout = answerMs;
        const answer = await next(request);
        if (!isBusy(answer.status)) return answer;
        const waitMs = retryAfterOf(answer.headers) ?? 0;
        if (waitMs > longestPauseMs) throw new BusyAnswer(answer, waitMs);
        const { abortSignal } = request;
        await pause(waitMs, undefined, abortSignal === undefined ? {} : { signal: abortSignal });
        return answer;
      },
    },
    { afterPhase: 'Retry' },
  );
};
