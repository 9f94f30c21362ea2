import { memo } from 'react';
import { cellStates, type ResyncDisk } from '../../contract/resync.ts';
import { formatBytes, formatNumber, formatPercent } from '../format.ts';
import { t } from '../i18n/words.ts';
import { columnsFor, decodeMap, mapPaths, mapSize } from './block-map.ts';

/** What the comparison works with: 32 KiB. */
const blockBytes = 32 * 1024;

/** How far a disk is, as the map shows it. */
export const mapWords = ({
  name,
  totalBlocks,
  comparedBlocks,
  differentBlocks,
  sentBlocks,
}: ResyncDisk): string =>
  t('map.words', {
    disk: name,
    percent: formatPercent(totalBlocks === 0 ? 1 : comparedBlocks / totalBlocks),
    total: formatNumber(totalBlocks),
    different: formatNumber(differentBlocks),
    sent: formatNumber(sentBlocks),
  });

const Legend = ({ disk }: { readonly disk: ResyncDisk }) => {
  const { totalBlocks, comparedBlocks, differentBlocks, sentBlocks } = disk;
  const counts = {
    pending: totalBlocks - comparedBlocks,
    same: comparedBlocks - differentBlocks,
    different: differentBlocks - sentBlocks,
    sent: sentBlocks,
  };
  return (
    <ul className="map-legend note">
      {cellStates.map((state) => {
        const paths = mapPaths([state], 1);
        return (
          <li key={state}>
            <svg viewBox="0 0 10 10" width="12" height="12" aria-hidden="true">
              <path className={`cell-${state}`} d={paths[state]} />
            </svg>
            {t(`map.state.${state}`)} <span className="number">{formatNumber(counts[state])}</span>
          </li>
        );
      })}
    </ul>
  );
};

/** A disk's blocks in their order, filling as they are compared. */
export const BlockMapFigure = memo(({ disk }: { readonly disk: ResyncDisk }) => {
  const { map } = disk;
  const columns = columnsFor(map.cells);
  const paths = mapPaths(decodeMap(map), columns);
  const { width, height } = mapSize(map.cells, columns);
  return (
    <figure className="block-map">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={mapWords(disk)}>
        {cellStates.map((state) => (
          <path key={state} className={`cell-${state}`} d={paths[state]} />
        ))}
      </svg>
      <figcaption>
        <Legend disk={disk} />
        <span className="note">
          {t('map.cell', { size: formatBytes(map.blocksPerCell * blockBytes), count: map.blocksPerCell })}
        </span>
      </figcaption>
    </figure>
  );
});
