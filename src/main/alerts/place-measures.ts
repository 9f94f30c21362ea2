import { reserveBytes, type VolumeSpace } from '../platform/volume.ts';
import type { AlertMeasure } from './observe-alerts.ts';

const dayMs = 86_400_000;
const mebibyte = 1024 ** 2;
const signatureDays = [14, 3] as const;
const nobody = { vmId: null, vm: null, disk: null };

const size = (bytes: number): string =>
  bytes < 1024 * mebibyte
    ? `${Math.floor(bytes / mebibyte)} MB`
    : `${(Math.floor((bytes / 1024 / mebibyte) * 10) / 10).toFixed(1)} GB`;

/** How a volume stands: low below twice the reserve that tracking leaves, nearly full below the reserve. */
export const volumeMeasure = ({ mount, freeBytes, totalBytes }: VolumeSpace): AlertMeasure => {
  const reserve = reserveBytes(totalBytes);
  return {
    group: `volume:${mount}`,
    family: 'volume',
    ...nobody,
    rung: freeBytes < reserve ? 2 : freeBytes < 2 * reserve ? 1 : 0,
    text: `The volume ${mount} has ${size(freeBytes)} free of ${size(totalBytes)}.`,
  };
};

/** How a vault's shared access signature stands. */
export const signatureMeasure = (vault: string, endsAtMs: number, nowMs: number): AlertMeasure => {
  const leftMs = endsAtMs - nowMs;
  const until = `${new Date(endsAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return {
    group: `signature:${vault}`,
    family: 'signature',
    ...nobody,
    rung: signatureDays.filter((days) => leftMs <= days * dayMs).length,
    text:
      leftMs <= 0
        ? `The shared access signature of the vault ${vault} ended on ${until}.`
        : `The shared access signature of the vault ${vault} is good until ${until}.`,
  };
};
