import type { BandwidthSettings } from '../../../contract/bandwidth.ts';
import type { WaitText } from '../../../contract/engine-phrases.ts';
import type { Clock } from '../../platform/clock.ts';
import { isOpen, nextClosing, nextOpening, type ZoneName } from '../../platform/week-schedule.ts';
import type { BandwidthGate } from '../../vault/pacing/bandwidth-gate.ts';
import type { EngineSettings } from '../engine-settings.ts';

export interface LimitNow {
  /** Bits a second; null for none. */
  readonly bps: number | null;
  /** When the hours of the other limit begin; null if they never do. */
  readonly untilMs: number | null;
}

/** The limit that holds at `nowMs`. Pure. */
export const limitAt = (
  { workHoursBps, otherBps, hours }: BandwidthSettings,
  nowMs: number,
  zone?: ZoneName,
): LimitNow => {
  const isWork = isOpen(hours, nowMs, zone);
  const untilMs = isWork ? nextClosing(hours, nowMs, zone) : nextOpening(hours, nowMs, zone);
  return { bps: isWork ? workHoursBps : otherBps, untilMs };
};

/** In a wait this long the machine may have slept or its clock been set. */
const longestWaitMs = 60_000;

/** Keeps the gate of the workers at the limit that the settings want at this hour. */
export class BandwidthLimit {
  private readonly settings: EngineSettings;
  private readonly gate: BandwidthGate;
  private readonly clock: Clock;
  private readonly unfollow: () => void;
  private waiting = new AbortController();
  private closed = false;

  constructor(settings: EngineSettings, gate: BandwidthGate, clock: Clock) {
    this.settings = settings;
    this.gate = gate;
    this.clock = clock;
    this.unfollow = settings.follow('bandwidth', () => this.apply());
    this.apply();
  }

  get now(): LimitNow {
    return limitAt(this.settings.get('bandwidth'), this.clock.now());
  }

  /** For people: what writes wait for while the limit holds them up, else null. */
  get blockedOn(): WaitText | null {
    if (!this.gate.isHolding) return null;
    const { bps, untilMs } = this.now;
    if (bps === null) return null;
    const until = untilMs === null ? '' : ` until ${timeOfDay(untilMs, this.clock.now())}`;
    return `the bandwidth limit (${formatRate(bps / 8)}${until})`;
  }

  close(): void {
    this.closed = true;
    this.unfollow();
    this.waiting.abort();
  }

  private apply(): void {
    if (this.closed) return;
    this.waiting.abort();
    this.waiting = new AbortController();
    const { signal } = this.waiting;
    const { bps, untilMs } = this.now;
    this.gate.setLimit(bps === null ? null : Math.floor(bps / 8));
    if (untilMs === null) return;
    const waitMs = Math.min(longestWaitMs, Math.max(1, untilMs - this.clock.now()));
    void this.clock.wait(waitMs, signal).then(() => {
      if (!signal.aborted) this.apply();
    });
  }
}

/** Rates of lines are decimal. */
const formatRate = (bytesPerSecond: number): string => {
  const kilobytes = bytesPerSecond / 1000;
  return kilobytes < 1000 ? `${round(kilobytes)} kB/s` : `${round(kilobytes / 1000)} MB/s`;
};

const round = (value: number): string => String(Number(value.toPrecision(3)));

const timeOfDay = (ms: number, nowMs: number): string => {
  const at = new Date(ms);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${at.toLocaleDateString('en', { weekday: 'short' })} ${time}`;
};

const two = (value: number): string => String(value).padStart(2, '0');
