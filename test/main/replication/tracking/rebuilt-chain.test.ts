import { describe, expect, it } from 'vitest';
import { rebuiltChain, type SurveyedDisk } from '../../../../src/main/replication/tracking/rebuilt-chain.ts';
import type { SurveyedLog, TrackingSurvey } from '../../../../src/main/workers/protocol.ts';

const log = (sequence: number, previousCut: number, cut: number | null): SurveyedLog => ({
  path: `disk.${sequence}.hrl`,
  sequence,
  previousCut,
  last: cut === null ? null : { cut, takenAtMs: cut * 1_000, consistency: 'crash' },
});

const disk = (diskId: string, replicaCut: number, survey: Partial<TrackingSurvey> = {}): SurveyedDisk => ({
  diskId,
  name: `${diskId}.vhdx`,
  tablePath: `${diskId}.digests`,
  replicaCut,
  survey: {
    tableCut: replicaCut,
    tableComplete: true,
    waitsForSent: false,
    hasBitmap: false,
    sealed: [],
    active: null,
    ...survey,
  },
});

const mark = (cut: number) => ({ cut, takenAtMs: cut * 1_000, consistency: 'crash' });

describe('where a VM stands by its vault, digests and logs', () => {
  it('is nothing to send when all that was logged is at the replica', () => {
    const chain = rebuiltChain([
      disk('a', 9, { sealed: [log(4, 5, 8)], active: log(5, 9, null), tableCut: 8 }),
      disk('b', 3, { active: log(1, 3, null) }),
    ]);
    expect(chain).toMatchObject({ shipment: null, unsent: null, nextSequence: 5, highestCut: 9 });
    expect([...chain.logBaseCuts]).toEqual([
      ['a', 9],
      ['b', 3],
    ]);
  });

  it('has changes to send that the active logs hold', () => {
    const chain = rebuiltChain([
      disk('a', 9, { active: log(5, 9, 11), tableCut: 11 }),
      disk('b', 3, { active: log(1, 3, 10), tableCut: 3 }),
    ]);
    expect(chain).toMatchObject({ shipment: null, unsent: mark(11), nextSequence: 5, highestCut: 11 });
  });

  it('calls them fuzzy where others were remembered without a log', () => {
    const { unsent } = rebuiltChain([disk('a', 9, { active: log(5, 9, 11), tableCut: 11, hasBitmap: true })]);
    expect(unsent).toMatchObject({ cut: 11, consistency: 'fuzzy' });
  });

  it('has a shipment on its way, which the next logs build on', () => {
    const chain = rebuiltChain([
      disk('a', 9, { sealed: [log(5, 9, 11)], active: log(6, 12, 14), tableCut: 14 }),
      disk('b', 3, { active: log(1, 3, 13), tableCut: 13 }),
    ]);
    expect(chain).toMatchObject({
      shipment: { cut: 12, sequence: 5, logs: [{ diskId: 'a', lastCut: 11 }] },
      unsent: mark(14),
      nextSequence: 6,
    });
    expect([...chain.logBaseCuts]).toEqual([
      ['a', 12],
      ['b', 3],
    ]);
  });

  it('goes on sealing where not every log of the shipment was', () => {
    const chain = rebuiltChain([
      disk('a', 9, { sealed: [log(5, 9, 11)], tableCut: 11 }),
      disk('b', 3, { active: log(1, 3, 12), tableCut: 12 }),
    ]);
    expect(chain).toMatchObject({ shipment: { ...mark(12), sequence: 5, logs: null }, unsent: null });
    expect(chain.logBaseCuts.get('b')).toBe(3);
  });

  const gaps: readonly [string, string, SurveyedDisk[]][] = [
    ['the digests know of more than the logs', 'HRL_MISSING', [disk('a', 9, { tableCut: 10 })]],
    ['the digests were being built', 'TRACKING_DAMAGED', [disk('a', 9, { tableComplete: false })]],
    ['the active log follows another cut', 'HRL_OUT_OF_SEQUENCE', [disk('a', 9, { active: log(5, 8, 11) })]],
    [
      'the sealed log follows another cut',
      'HRL_OUT_OF_SEQUENCE',
      [disk('a', 9, { sealed: [log(5, 10, 11)], active: log(6, 11, null) })],
    ],
    [
      'two sealed logs wait',
      'HRL_OUT_OF_SEQUENCE',
      [disk('a', 9, { sealed: [log(5, 9, 11), log(6, 11, 12)] })],
    ],
    [
      'disks have logs of different shipments',
      'HRL_OUT_OF_SEQUENCE',
      [disk('a', 9, { sealed: [log(5, 9, 11)] }), disk('b', 3, { sealed: [log(6, 3, 12)] })],
    ],
    [
      'room was short while something was on its way',
      'HRL_OUT_OF_SEQUENCE',
      [disk('a', 9, { sealed: [log(5, 9, 11)], hasBitmap: true }), disk('b', 3, { active: log(1, 3, 13) })],
    ],
  ];

  for (const [what, code, disks] of gaps) {
    it(`is unknown when ${what}: ${code}`, () => {
      expect(() => rebuiltChain(disks)).toThrowError(expect.objectContaining({ code }));
    });
  }
});
