import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const newSecret = () => randomBytes(32).toString('base64url');

const digest = (secret: string) => createHash('sha256').update(secret).digest();

const isSame = (digested: Buffer, secret: string) => timingSafeEqual(digested, digest(secret));

/**
 * Who may use the agent: a link's token is good once and is exchanged for a session; sessions live as long as the
 * agent. Only digests are kept.
 */
export class PageSessions {
  #token: Buffer | null = null;
  readonly #sessions: Buffer[] = [];

  /** A fresh one-time token; an earlier one that nobody used is good no longer. */
  newToken(): string {
    const token = newSecret();
    this.#token = digest(token);
    return token;
  }

  /** The session for a token, or undefined when the token is not, or no longer, good. */
  exchange(token: string): string | undefined {
    if (this.#token === null || !isSame(this.#token, token)) return undefined;
    this.#token = null;
    const session = newSecret();
    this.#sessions.push(digest(session));
    return session;
  }

  isKnown(session: string): boolean {
    return this.#sessions.some((known) => isSame(known, session));
  }
}
