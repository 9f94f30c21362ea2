/** Whoever is asked to wait longer than this before the next try leaves the waiting to the engine's retry schedule. */
export const longestPauseMs = 1_000;

/** Headers of an answer, whoever received it. */
interface AnswerHeaders {
  get(name: string): string | undefined;
}

/** How long the service asks to be left alone, ms; undefined when it does not. */
export const retryAfterOf = (headers: AnswerHeaders | undefined): number | undefined => {
  const milliseconds = headers?.get('retry-after-ms') ?? headers?.get('x-ms-retry-after-ms');
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) return Number(milliseconds);
  const text = headers?.get('retry-after');
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
};
