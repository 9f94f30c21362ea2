import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BandwidthGate } from '../../../../src/main/vault/pacing/bandwidth-gate.ts';
import { inGrantedPieces, type WritePacer } from '../../../../src/main/vault/pacing/write-pacer.ts';
import { FakeGateTime } from '../../../support/fake-gate-time.ts';
import { type Departure, extremesOverWindows } from '../../../support/windows.ts';

const windowMs = 10_000;
const mebibyte = 1024 * 1024;

/** Keeps asking for writes of `sizes` until the signal ends it, and notes what left when. */
const keepSending = async (
  pacer: WritePacer,
  time: FakeGateTime,
  sizes: readonly number[],
  departures: Departure[],
  isOver: () => boolean,
): Promise<void> => {
  for (let index = 0; !isOver(); index += 1) {
    await inGrantedPieces(pacer, sizes[index % sizes.length]!, 512, (_at, bytes) => {
      departures.push({ atMs: time.nowUs() / 1000, bytes });
    });
  }
};

/** Gates of several threads over the same memory, and what they let through in `forMs`. */
const send = async (
  limit: number,
  threads: readonly (readonly number[])[],
  forMs: number,
  latenessMs: () => number,
): Promise<Departure[]> => {
  const time = new FakeGateTime(latenessMs);
  const first = new BandwidthGate(undefined, time);
  first.setLimit(limit);
  const departures: Departure[] = [];
  const end = new AbortController();
  const senders = threads.map((sizes) => {
    const pacer = new BandwidthGate(first.memory, time).pacer(end.signal);
    return keepSending(pacer, time, sizes, departures, () => end.signal.aborted).catch(() => undefined);
  });
  await time.advance(forMs);
  end.abort();
  await Promise.all(senders);
  return departures;
};

describe('the bandwidth limit', () => {
  it('is held within 5 % over any 10 seconds, however many threads send whatever sizes and however late timers are', async () => {
    const size = fc.integer({ min: 1, max: (4 * mebibyte) / 512 }).map((sectors) => sectors * 512);
    const thread = fc.array(size, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 64_000, max: 127_875_000 }),
        fc.array(thread, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 15 })),
        async (limit, threads, lateness) => {
          const next = () => lateness.next().value ?? 0;
          // Few bytes a request and a wide line would make a slow test: then it is not the limit that holds it up.
          const sizes = threads.map((each) => each.map((bytes) => Math.max(bytes, limit >> 6)));
          const departures = await send(limit, sizes, 14_000, next);
          const fromMs = departures[0]!.atMs;
          const { least, most } = extremesOverWindows(departures, windowMs, fromMs + 500, fromMs + 13_500);
          expect(most).toBeLessThanOrEqual(limit * 10 * 1.05);
          expect(least).toBeGreaterThanOrEqual(limit * 10 * 0.95);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('lets no burst follow an idle spell', async () => {
    const time = new FakeGateTime();
    const gate = new BandwidthGate(undefined, time);
    gate.setLimit(1_000_000);
    await gate.pacer().grant(512, 512);
    await time.advance(60_000);
    const departures: Departure[] = [];
    const end = new AbortController();
    const sender = keepSending(
      gate.pacer(end.signal),
      time,
      [mebibyte],
      departures,
      () => end.signal.aborted,
    );
    await time.advance(1_000);
    end.abort();
    await sender.catch(() => undefined);
    const bytes = departures.reduce((sum, each) => sum + each.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(1_400_000);
  });

  it('that is changed holds for whoever waits already within a second', async () => {
    const time = new FakeGateTime();
    const gate = new BandwidthGate(undefined, time);
    gate.setLimit(64_000);
    const departures: Departure[] = [];
    let isOver = false;
    const sender = keepSending(gate.pacer(), time, [4 * mebibyte], departures, () => isOver);
    await time.advance(5_000);
    gate.setLimit(8_000_000);
    const changedMs = time.nowUs() / 1000;
    await time.advance(6_000);
    isOver = true;
    gate.setLimit(null);
    await time.advance(1_000);
    await sender;
    const after = departures.filter(({ atMs }) => atMs >= changedMs + 1_000 && atMs < changedMs + 6_000);
    const bytes = after.reduce((sum, each) => sum + each.bytes, 0);
    expect(bytes / 5).toBeGreaterThan(7_600_000);
    expect(bytes / 5).toBeLessThan(8_500_000);
  });

  it('that is lifted lets everything through at once', async () => {
    const time = new FakeGateTime();
    const gate = new BandwidthGate(undefined, time);
    gate.setLimit(64_000);
    const pacer = gate.pacer();
    await pacer.grant(512_000, 512);
    const waiting = pacer.grant(8 * mebibyte, 512);
    gate.setLimit(null);
    await time.advance(1_000);
    expect(await waiting).toBe(8 * mebibyte);
  });

  it('ends the waiting of work that is cancelled', async () => {
    const time = new FakeGateTime();
    const gate = new BandwidthGate(undefined, time);
    gate.setLimit(64_000);
    const cancel = new AbortController();
    const pacer = gate.pacer(cancel.signal);
    await pacer.grant(64_000, 512);
    const waiting = pacer.grant(64_000, 512);
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('says that it holds writes up only while it does', async () => {
    const time = new FakeGateTime();
    const gate = new BandwidthGate(undefined, time);
    gate.setLimit(64_000);
    expect(gate.isHolding).toBe(false);
    const sent = inGrantedPieces(gate.pacer(), 64_000, 512, () => undefined);
    await time.advance(300);
    expect(gate.isHolding).toBe(true);
    await time.advance(10_000);
    await sent;
    expect(gate.isHolding).toBe(false);
  });
});
