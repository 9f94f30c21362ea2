import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Imported first, for its effect: syncing to the disk does nothing in this test process. For tests that bring about
 * hundreds of crashes themselves; what a sync is for, they simulate, and waiting for a real disk would add minutes.
 */
fs.fsyncSync = () => {};
fs.fdatasyncSync = () => {};
const fdatasync = (_handle: number, done: fs.NoParamCallback): void => queueMicrotask(() => done(null));
fs.fdatasync = Object.assign(fdatasync, { __promisify__: async () => {} });
syncBuiltinESMExports();
