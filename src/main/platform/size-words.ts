/** How sizes read for people, wherever the engine or the command line names one; programs get bytes. */

const sizeUnits = ['KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `512 bytes`, `1.50 KB`, `12.3 MB`, `300 GB`: binary units as Windows shows them, three digits, cut off rather than rounded up. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1024) return `${Math.floor(bytes)} bytes`;
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < sizeUnits.length - 1; unit++) value /= 1024;
  const decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const cut = Math.floor(value * 10 ** decimals) / 10 ** decimals;
  return `${cut.toFixed(decimals)} ${sizeUnits[unit]}`;
};

export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** A size beside another that it is compared with: in bytes where both would read the same. */
export const formatBesides = (bytes: number, other: number): string =>
  formatBytes(bytes) === formatBytes(other) ? `${bytes} bytes` : formatBytes(bytes);
