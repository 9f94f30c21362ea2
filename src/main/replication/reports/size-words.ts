/** `12 MiB`, rounded up. */
export const formatMebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;

/** `1.5 MiB/s`, below one `300 KiB/s`; null where no time passed. */
export const formatRate = (bytes: number, ms: number): string | null => {
  if (ms <= 0) return null;
  const kibibytes = (bytes * 1000) / ms / 1024;
  return kibibytes < 1024 ? `${Math.ceil(kibibytes)} KiB/s` : `${(kibibytes / 1024).toFixed(1)} MiB/s`;
};
