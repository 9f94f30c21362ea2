/** What the engine says, in another language than its own: loaded with that language. */

import type { AlertCause } from '../../contract/alerts.ts';
import type { EnginePhrase } from '../../contract/engine-phrases.ts';
import type { ErrorCode } from '../../contract/error-catalogue.ts';

/** Of each code what went wrong, without a full stop, and the sentence that says what helps. */
export type ErrorWords = Readonly<Record<ErrorCode, readonly [title: string, nextStep: string]>>;

/** By the engine's own words, with the same values to fill in or fewer. */
export type PhraseWords = Readonly<Record<EnginePhrase, string>>;

/** What each cause is called when it begins to hold, and when it no longer does. */
export type AlertWords = Readonly<Record<AlertCause, readonly [raised: string, cleared: string]>>;

export interface EngineWords {
  readonly errors: ErrorWords;
  readonly phrases: PhraseWords;
  readonly alerts: AlertWords;
}
