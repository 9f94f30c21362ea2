import { setImmediate as nextTurn } from 'node:timers/promises';
import { ReplicationError } from '../../contract/errors.ts';
import type { CliEnvironment } from './environment.ts';
import { withoutControls } from './format.ts';
import { RetriedError } from './retried-error.ts';

/** Between two looks at the signal. */
const itemsPerTurn = 1024;

/** What a command says: answers on stdout, everything about getting them on stderr. */
export class Output {
  readonly json: boolean;
  readonly #environment: CliEnvironment;

  constructor(environment: CliEnvironment, json: boolean) {
    this.#environment = environment;
    this.json = json;
  }

  /** The command's answer: `value` for programs, `text` for people. */
  answer(value: unknown, text: () => string): void {
    if (this.json) this.#environment.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else this.line(text());
  }

  /** One of a stream of answers: a line of JSON, or of text. */
  item(value: unknown, text: () => string): void {
    if (this.json) this.#environment.stdout.write(`${JSON.stringify(value)}\n`);
    else this.line(text());
  }

  /**
   * Answers too many to hold; an array for programs.
   * @throws ReplicationError `CANCELLED`
   */
  async list<T>(values: Iterable<T>, text: (value: T) => string, signal: AbortSignal): Promise<void> {
    let count = 0;
    for (const value of values) {
      if (this.json) this.#environment.stdout.write(`${count === 0 ? '[' : ','}\n  ${JSON.stringify(value)}`);
      else this.line(text(value));
      if (++count % itemsPerTurn === 0) await nextTurn();
      if (signal.aborted) throw new ReplicationError('CANCELLED', 'The list was cut short.');
    }
    if (this.json) this.#environment.stdout.write(count === 0 ? '[]\n' : '\n]\n');
  }

  /** Remarks for people, which programs do without. */
  note(text: string): void {
    if (!this.json) this.#environment.stderr.write(`${withoutControls(text)}\n`);
  }

  error(error: ReplicationError): void {
    const report = error.toReport();
    if (this.json) {
      this.#environment.stderr.write(`${JSON.stringify({ error: report }, null, 2)}\n`);
      return;
    }
    const where = report.vm === undefined || report.message.includes(report.vm) ? '' : `${report.vm}: `;
    const next = error instanceof RetriedError ? report.nextStep : withoutPromise(report.nextStep);
    const text = `hvrc: ${where}${report.message} [${report.code}]\nNext: ${next}\n`;
    this.#environment.stderr.write(withoutControls(text));
  }

  private line(text: string): void {
    this.#environment.stdout.write(`${withoutControls(text)}\n`);
  }
}

/** The catalogue's words are for replication; what a person asked for is tried again by that person. */
const withoutPromise = (nextStep: string): string =>
  nextStep.replace(/; replication tries again by itself\.$/, ', then try again.');
