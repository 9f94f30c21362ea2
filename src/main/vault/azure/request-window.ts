/**
 * Keeps up to `limit` requests in flight. `start` waits for a free place, not for the request; the first failure is kept
 * and thrown by everything that follows.
 */
export class RequestWindow {
  readonly #limit: number;
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async start(request: () => Promise<unknown>): Promise<void> {
    while (this.#inFlight.size >= this.#limit) await Promise.race(this.#inFlight);
    this.#throwFailure();
    const running: Promise<void> = request().then(
      () => {
        this.#inFlight.delete(running);
      },
      (error: unknown) => {
        this.#inFlight.delete(running);
        this.#failure ??= { error };
      },
    );
    this.#inFlight.add(running);
  }

  /** Resolves when everything started so far is done. */
  async drain(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#throwFailure();
  }

  /** As `drain`, whatever came of it. */
  async settle(): Promise<boolean> {
    await Promise.all(this.#inFlight);
    return this.#failure === null;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
