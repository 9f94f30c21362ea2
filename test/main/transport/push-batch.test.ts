import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EnginePush } from '../../../src/contract/events.ts';
import { PushBatch } from '../../../src/main/transport/push-batch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const unprotected = (vmId: string): EnginePush => ({ kind: 'unprotected', vmId });

describe('the batch of pushes', () => {
  it('sends the newest push of each subject, at most four times a second', () => {
    const sent: (readonly EnginePush[])[] = [];
    const batch = new PushBatch((pushes) => sent.push(pushes));
    for (let i = 0; i < 1000; i++) {
      batch.add(unprotected(`vm ${i % 3}`));
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(1000);
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(sent.map((pushes) => pushes.length)).toEqual(sent.map(() => 3));
  });

  it('keeps every event', () => {
    const sent: (readonly EnginePush[])[] = [];
    const batch = new PushBatch((pushes) => sent.push(pushes));
    for (const id of [1, 2, 3]) {
      const event = { id, at: '', level: 'info', code: null, class: null } as const;
      batch.add({ kind: 'event', event: { ...event, vmId: null, vm: null, disk: null, text: `${id}` } });
    }
    vi.advanceTimersByTime(250);
    expect(sent[0]).toHaveLength(3);
  });

  it('sends nothing once stopped', () => {
    const sent: unknown[] = [];
    const batch = new PushBatch((pushes) => sent.push(pushes));
    batch.add(unprotected('a'));
    batch.stop();
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([]);
  });
});
