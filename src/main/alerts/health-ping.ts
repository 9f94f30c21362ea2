import type { AlertsReport } from '../../contract/alerts.ts';
import { type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import type { AlertSources } from './alert-sources.ts';
import { callHttp } from './http-call.ts';

/**
 * Tells a watcher elsewhere that replication works, which then notices when nothing comes any more.
 *
 * | since the last look       | call                                  |
 * |---------------------------|---------------------------------------|
 * | a VM has turned Critical  | the address with `/fail`, if so set, once |
 * | a VM is Critical          | none                                  |
 * | a cycle has succeeded     | the address                           |
 * | nothing                   | none                                  |
 */
export class HealthPing {
  readonly #sources: AlertSources;
  readonly #stopping = new AbortController();
  #succeeded = 0;
  #wasCritical = false;
  #isCalling = false;
  #lastPingAtMs: number | null = null;
  #error: ErrorReport | null = null;

  constructor(sources: AlertSources) {
    this.#sources = sources;
  }

  /** @param succeeded cycles that have succeeded so far */
  look(succeeded: number, isCritical: boolean): void {
    const { enabled, url, reportFailure } = this.#sources.settings.get('healthPing');
    if (!enabled || url === '' || this.#isCalling) return;
    const isNews = isCritical ? reportFailure && !this.#wasCritical : succeeded > this.#succeeded;
    this.#wasCritical = isCritical;
    this.#succeeded = succeeded;
    if (isNews) this.#call(isCritical ? failAddress(url) : url);
  }

  report(): Pick<AlertsReport, 'lastPingAt' | 'pingError'> {
    const at = this.#lastPingAtMs;
    return { lastPingAt: at === null ? null : new Date(at).toISOString(), pingError: this.#error };
  }

  stop(): void {
    this.#stopping.abort();
  }

  #call(url: string): void {
    this.#isCalling = true;
    this.#sources.background.run('The health ping', async () => {
      try {
        await ping(url, this.#stopping.signal);
        this.#worked();
      } catch (thrown) {
        if (!this.#stopping.signal.aborted) this.#failed(ReplicationError.from(thrown).toReport());
      } finally {
        this.#isCalling = false;
      }
    });
  }

  #worked(): void {
    this.#lastPingAtMs = this.#sources.clock.now();
    if (this.#error !== null) this.#sources.events.info('The health ping arrives again.');
    this.#error = null;
  }

  #failed(error: ErrorReport): void {
    if (this.#error === null) {
      this.#sources.events.warning(`The health ping does not arrive: ${error.message}`, { code: error.code });
    }
    this.#error = error;
  }
}

const ping = async (url: string, signal: AbortSignal): Promise<void> => {
  // The path is what names the check: only the server is named.
  const server = `the watcher at ${new URL(url).host}`;
  const { status } = await callHttp(url, { method: 'GET', server, signal });
  if (status >= 200 && status < 300) return;
  const code = status >= 500 || status === 429 ? 'ALERT_UNREACHABLE' : 'ALERT_REFUSED';
  throw new ReplicationError(code, `The call was not taken by ${server} (${status}).`);
};

const failAddress = (url: string): string => {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/$/, '')}/fail`;
  return address.href;
};
