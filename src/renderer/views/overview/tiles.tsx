import { memo, type ReactNode } from 'react';
import { Moment } from '../../components/moment.tsx';
import { isRpoLate } from '../../components/rpo-bar.tsx';
import { formatBytes, formatDuration, formatRate } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import type { VmRow } from '../../stores/vm-rows.ts';

interface TileProps {
  readonly title: string;
  readonly note: string;
  readonly attention?: boolean;
  readonly children: ReactNode;
}

const Tile = ({ title, note, attention = false, children }: TileProps) => (
  <div className={attention ? 'tile tile-attention' : 'tile'}>
    <dt>{title}</dt>
    <dd>
      <span className="tile-value">{children}</span>
      <span className="note">{note}</span>
    </dd>
  </div>
);

/** By how much a replica is older than it should get; the largest first. */
const oldest = (rows: readonly VmRow[]) =>
  rows
    .flatMap(({ name, rpoSeconds, status }) =>
      rpoSeconds === null || !status?.frequencySeconds
        ? []
        : [{ name, rpoSeconds, frequency: status.frequencySeconds }],
    )
    .sort((a, b) => b.rpoSeconds / b.frequency - a.rpoSeconds / a.frequency)[0];

/** The cycle that comes next; waiting retries are told elsewhere, and a paused VM has none to come. */
const nextCycle = (rows: readonly VmRow[]) =>
  rows
    .flatMap(({ name, status }) =>
      status?.nextCycleAt && !status.paused ? [{ name, at: status.nextCycleAt }] : [],
    )
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];

/** Nothing is told of a speed that was not measured yet. */
const rateWords = (rates: readonly number[]): string =>
  rates.length === 0 ? t('common.none') : formatRate(rates.reduce((sum, rate) => sum + rate, 0));

interface TilesProps {
  readonly rows: readonly VmRow[];
  readonly nowMs: number;
  readonly nextWindowAt: string | null;
}

/** The site in six figures. */
export const Tiles = memo(({ rows, nowMs, nextWindowAt }: TilesProps) => {
  const covered = rows.filter(({ status }) => status !== null).length;
  const rest = rows.length - covered;
  const worst = oldest(rows);
  const next = nextCycle(rows);
  const pending = rows
    .flatMap(({ status }) => status?.disks ?? [])
    .reduce((sum, { hrl }) => sum + hrl.bytes, 0);
  const waiting = rows.filter(({ status }) => status?.state === 'WaitingForStartResynchronize').length;
  const moving = rows.filter(({ progress }) => progress !== null);
  const rates = moving.flatMap(({ progress }) => progress?.rateBytesPerSecond ?? []);
  return (
    <dl className="tiles">
      <Tile
        title={t('tile.protected')}
        note={rest === 0 ? t('tile.protectedAll') : t('tile.protectedRest', { count: rest })}
      >
        {t('tile.protectedValue', { covered, count: rows.length })}
      </Tile>
      <Tile
        title={t('tile.rpo')}
        attention={worst !== undefined && isRpoLate(worst.rpoSeconds, worst.frequency)}
        note={
          worst === undefined
            ? t('tile.rpoNone')
            : t('tile.rpoOf', { vm: worst.name, target: formatDuration(worst.frequency) })
        }
      >
        {worst === undefined ? t('common.none') : formatDuration(worst.rpoSeconds)}
      </Tile>
      <Tile title={t('tile.pending')} note={t('tile.pendingNote')}>
        {formatBytes(pending)}
      </Tile>
      <Tile
        title={t('tile.rate')}
        note={moving.length === 0 ? t('tile.rateNone') : t('tile.rateOf', { count: moving.length })}
      >
        {moving.length === 0 ? t('tile.rateIdle') : rateWords(rates)}
      </Tile>
      <Tile
        title={t('tile.next')}
        note={next === undefined ? t('tile.nextNone') : t('tile.nextOf', { vm: next.name })}
      >
        {next === undefined ? t('common.none') : <Moment iso={next.at} nowMs={nowMs} />}
      </Tile>
      <Tile
        title={t('tile.window')}
        note={
          nextWindowAt === null
            ? t('tile.windowOff')
            : waiting === 0
              ? t('tile.windowNone')
              : t('tile.windowOf', { count: waiting })
        }
      >
        {nextWindowAt === null ? t('common.none') : <Moment iso={nextWindowAt} nowMs={nowMs} />}
      </Tile>
    </dl>
  );
});
