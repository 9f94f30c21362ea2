import { setTimeout as pause } from 'node:timers/promises';
import type { Pipeline } from '@azure/storage-blob';
import { longestPauseMs, retryAfterOf } from './retry-after.ts';
import { addToTries } from './sdk-pipeline.ts';

/** What of an answer is read here. */
interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
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
  addToTries(pipeline, {
    name: 'timelyPolicy',
    sendRequest: async (request, next) => {
      request.timeout = answerMs;
      const answer = await next(request);
      if (!isBusy(answer.status)) return answer;
      const waitMs = retryAfterOf(answer.headers) ?? 0;
      if (waitMs > longestPauseMs) throw new BusyAnswer(answer, waitMs);
      const abortSignal = request.abortSignal as AbortSignal | undefined;
      await pause(waitMs, undefined, abortSignal === undefined ? {} : { signal: abortSignal });
      return answer;
    },
  });
};
