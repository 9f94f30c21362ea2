import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { localCertificate } from './local-certificate.ts';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Headers and body as sent. */
  readonly raw: string;
}

export const mailUser = 'alerts';
export const mailPassword = 'correct horse';

/** A mail server on 127.0.0.1 that wants a sign-in and keeps what it is sent. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** What it answers to each message instead of taking it. */
  refusal: { readonly code: number; readonly text: string } | null = null;
  signIns = 0;
  readonly #server: SMTPServer;

  constructor(options: SMTPServerOptions = { secure: true }) {
    this.#server = new SMTPServer({
      ...localCertificate,
      // Names of addresses are not looked up.
      disableReverseLookup: true,
      ...options,
      onAuth: ({ username, password }, _session, answer) => {
        this.signIns += 1;
        if (username === mailUser && password === mailPassword) answer(null, { user: username });
        else answer(Object.assign(new Error('Bad user name or password'), { responseCode: 535 }));
      },
      onData: (stream, session, answer) => {
        void text(stream).then((raw) => {
          if (this.refusal !== null) {
            answer(Object.assign(new Error(this.refusal.text), { responseCode: this.refusal.code }));
            return;
          }
          const { mailFrom, rcptTo } = session.envelope;
          this.received.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            user: session.user,
            secure: session.secure,
            raw,
          });
          answer();
        });
      },
    });
    // A client that leaves in the middle is what some tests are about.
    this.#server.on('error', () => undefined);
  }

  async listen(): Promise<number> {
    const server = this.#server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
