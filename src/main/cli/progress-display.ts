import cliProgress from 'cli-progress';
import type { CliEnvironment } from './environment.ts';
import { formatFraction, withoutControls } from './format.ts';

/** How far something is: `key` tells one thing from the next, `text` describes it in one line. */
export interface Step {
  readonly key: string;
  /** 0–1; null where it cannot be told. */
  readonly fraction: number | null;
  readonly text: string;
}

export interface ProgressDisplay {
  show(step: Step): void;
  close(): void;
}

/** A bar on a terminal, lines in a pipe, nothing for programs; always on stderr. */
export const progressDisplay = (environment: CliEnvironment, json: boolean): ProgressDisplay => {
  if (environment.stderr.isTTY === true) return new Bar(environment);
  return json ? { show: () => undefined, close: () => undefined } : new Lines(environment);
};

class Bar implements ProgressDisplay {
  readonly #bar: cliProgress.SingleBar;
  #started = false;

  constructor({ stderr }: CliEnvironment) {
    this.#bar = new cliProgress.SingleBar({
      stream: stderr,
      format: '[{bar}] {percentage} %  {text}',
      barCompleteChar: '#',
      barIncompleteChar: '.',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      // The engine's pushes set the pace; redrawing twice a second is plenty.
      fps: 4,
    });
  }

  show({ fraction, text }: Step): void {
    const payload = { text: withoutControls(text) };
    // A hundred steps: the bar prints whole percents, and says 100 only at the end.
    const value = Math.floor((fraction ?? 0) * 100);
    if (this.#started) this.#bar.update(value, payload);
    else this.#bar.start(100, value, payload);
    this.#started = true;
  }

  close(): void {
    if (this.#started) this.#bar.stop();
  }
}

const linePercents = 10;
const lineIntervalMs = 30_000;

/** A line when something else begins, at every tenth, and at least twice a minute while it moves. */
class Lines implements ProgressDisplay {
  readonly #environment: CliEnvironment;
  #key: string | null = null;
  #tenth = -1;
  #atMs = 0;

  constructor(environment: CliEnvironment) {
    this.#environment = environment;
  }

  show({ key, fraction, text }: Step): void {
    const tenth = fraction === null ? -1 : Math.floor((fraction * 100) / linePercents);
    const now = this.#environment.now();
    if (key === this.#key && tenth === this.#tenth && now - this.#atMs < lineIntervalMs) return;
    this.#key = key;
    this.#tenth = tenth;
    this.#atMs = now;
    const percent = fraction === null ? '' : `${formatFraction(fraction).padStart(5)}  `;
    this.#environment.stderr.write(`${percent}${withoutControls(text)}\n`);
  }

  close(): void {}
}
