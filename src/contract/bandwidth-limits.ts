/** 512 Kbit/s and 1,023 Mbit/s; a limit is in bits a second, as lines are sold. */
export const leastBandwidthBps = 512_000;
export const mostBandwidthBps = 1_023_000_000;

export const mostUploadThreads = 32;
