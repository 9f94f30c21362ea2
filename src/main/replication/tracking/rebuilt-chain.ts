import { ReplicationError } from '../../../contract/errors.ts';
import type { ProtectionRecord } from '../../store/records.ts';
import type { SurveyedLog, TrackingSurvey } from '../../workers/protocol.ts';

/** A disk whose records were lost: where its replica stands, and what its digests and logs say. */
export interface SurveyedDisk {
  readonly diskId: string;
  readonly name: string;
  readonly tablePath: string;
  readonly replicaCut: number;
  readonly survey: TrackingSurvey;
}

/** Where a VM stands by that. */
export interface RebuiltChain {
  readonly shipment: ProtectionRecord['shipment'];
  readonly unsent: ProtectionRecord['unsent'];
  readonly nextSequence: number;
  /** The highest cut that anything names. */
  readonly highestCut: number;
  /** By disk id: the cut that the disk's next log builds on. */
  readonly logBaseCuts: ReadonlyMap<string, number>;
}

type Mark = NonNullable<SurveyedLog['last']>;
type MarkedLog = SurveyedLog & { readonly last: Mark };

/**
 * Whether deltas can go on from what is left, and from where. Pure. Of each disk:
 *
 * | a log                                         | is                                                           |
 * |-----------------------------------------------|--------------------------------------------------------------|
 * | sealed, ends at or below the replica's cut    | confirmed: deleted with the next ones                        |
 * | sealed, follows the replica's cut             | on its way: the shipment                                     |
 * | active, without a cut                         | nothing: the next scan begins it anew if it has to           |
 * | active, follows the replica or the shipment   | not sent yet                                                 |
 * | anything else, or the digests know of more    | a gap: only a comparison closes it                           |
 *
 * A shipment's logs build on the shipment's cut once all are sealed; the active log of a disk that was in it says which
 * that is. Where there is none, sealing was not over and nothing was appended since.
 * @throws ReplicationError `HRL_OUT_OF_SEQUENCE`, `HRL_MISSING`, `TRACKING_DAMAGED`
 */
export const rebuiltChain = (disks: readonly SurveyedDisk[]): RebuiltChain => {
  const pending = new Map<string, MarkedLog>();
  const appended = new Map<string, MarkedLog>();
  for (const disk of disks) {
    const { survey, replicaCut } = disk;
    if (!survey.tableComplete) throw unfinished(disk);
    const underWay = survey.sealed.filter(isMarked).filter(({ last }) => last.cut > replicaCut);
    const [first, second] = underWay;
    if (second !== undefined) throw outOfSequence(second, disk, 'there is another sealed log before it');
    if (first !== undefined) pending.set(disk.diskId, first);
    if (survey.active !== null && isMarked(survey.active)) appended.set(disk.diskId, survey.active);
    const reached = Math.max(
      replicaCut,
      ...[first, appended.get(disk.diskId)].map((log) => log?.last.cut ?? 0),
    );
    if (survey.tableCut > reached) throw lost(disk, reached);
  }
  const shipment = shipmentOf(disks, pending, appended);
  const logBaseCuts = new Map<string, number>();
  for (const disk of disks) {
    const { diskId, replicaCut } = disk;
    const sealed = pending.get(diskId);
    if (sealed !== undefined && sealed.previousCut !== replicaCut)
      throw outOfSequence(sealed, disk, `it follows cut ${sealed.previousCut}`);
    const baseCut = sealed !== undefined && shipment?.logs != null ? shipment.cut : replicaCut;
    logBaseCuts.set(diskId, baseCut);
    const active = appended.get(diskId);
    if (active !== undefined && active.previousCut !== baseCut)
      throw outOfSequence(active, disk, `it follows cut ${active.previousCut}`);
  }
  const isSealing = shipment !== null && shipment.logs === null;
  const newest = newestMark([...appended.values()]);
  const unlogged = disks.some(({ survey }) => survey.hasBitmap);
  return {
    shipment,
    unsent:
      newest === null || isSealing
        ? null
        : { ...newest, consistency: unlogged ? 'fuzzy' : newest.consistency },
    nextSequence: 1 + Math.max(0, ...disks.flatMap(({ survey }) => sequencesOf(survey))),
    highestCut: Math.max(shipment?.cut ?? 0, ...disks.flatMap(cutsOf)),
    logBaseCuts,
  };
};

const shipmentOf = (
  disks: readonly SurveyedDisk[],
  pending: ReadonlyMap<string, MarkedLog>,
  appended: ReadonlyMap<string, MarkedLog>,
): RebuiltChain['shipment'] => {
  const [some, ...others] = pending.values();
  if (some === undefined) return null;
  const { sequence } = some;
  for (const log of others) {
    if (log.sequence === sequence) continue;
    const text = `The replication logs ${some.path} and ${log.path} belong to different shipments.`;
    throw new ReplicationError('HRL_OUT_OF_SEQUENCE', text, { file: log.path });
  }
  const successors = disks.flatMap(({ diskId, survey }) =>
    pending.has(diskId) && survey.active !== null ? [survey.active] : [],
  );
  const [successor] = successors;
  const logs = [...pending].map(([diskId, { last }]) => ({ diskId, lastCut: last.cut }));
  if (successor !== undefined) {
    const newest = newestMark([...pending.values()])!;
    return { ...newest, cut: successor.previousCut, sequence, logs };
  }
  const bitmap = disks.find(({ survey }) => survey.hasBitmap);
  if (bitmap !== undefined && appended.size > 0) {
    // An empty log is given up where room is short: nothing tells any more what was sealed before what.
    const text = `The changes of ${bitmap.name} were partly remembered without a log, and it is not known which of them were sent.`;
    throw new ReplicationError('HRL_OUT_OF_SEQUENCE', text, { file: some.path });
  }
  const newest = newestMark([...pending.values(), ...appended.values()])!;
  return { ...newest, sequence, logs: null };
};

const isMarked = (log: SurveyedLog): log is MarkedLog => log.last !== null;

const newestMark = (logs: readonly MarkedLog[]): Mark | null =>
  logs.reduce<Mark | null>((newest, { last }) => (last.cut > (newest?.cut ?? 0) ? last : newest), null);

const sequencesOf = ({ sealed, active }: TrackingSurvey): number[] => [
  ...sealed.map(({ sequence }) => sequence),
  // It was numbered as the one to be sealed next.
  ...(active === null ? [] : [active.sequence - 1]),
];

const cutsOf = ({ replicaCut, survey: { tableCut, sealed, active } }: SurveyedDisk): number[] => [
  replicaCut,
  tableCut,
  ...[...sealed, ...(active === null ? [] : [active])].map((log) => log.last?.cut ?? log.previousCut),
];

const outOfSequence = (
  { path }: SurveyedLog,
  { replicaCut }: SurveyedDisk,
  finding: string,
): ReplicationError => {
  const text = `The replication log ${path} does not follow the replica, which is at cut ${replicaCut}: ${finding}.`;
  return new ReplicationError('HRL_OUT_OF_SEQUENCE', text, { file: path });
};

const lost = ({ name, tablePath, survey }: SurveyedDisk, reached: number): ReplicationError => {
  const text = `The digests of ${name} are those of cut ${survey.tableCut}, but its replica and logs reach only cut ${reached}.`;
  return new ReplicationError('HRL_MISSING', text, { file: tablePath });
};

const unfinished = ({ name, tablePath }: SurveyedDisk): ReplicationError =>
  new ReplicationError('TRACKING_DAMAGED', `The digests of ${name} were not complete yet.`, {
    file: tablePath,
  });
