/**
 * An engine in a process of its own, driven over Node's IPC channel: what the crash harness kills and the benchmarks measure.
 * Arguments: data directory, the task before which it kills itself, if any, and where its workers are, if elsewhere.
 */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ReplicationError } from '../../src/contract/errors.ts';
import type { RequestName, RequestParams } from '../../src/contract/requests.ts';
import { openConsole } from '../../src/main/console/console.ts';
import { createDataDirectory } from '../../src/main/platform/data-directory.ts';
import type { TaskKind, Tasks } from '../../src/main/workers/protocol.ts';
import { WorkerPool } from '../../src/main/workers/worker-pool.ts';
import type { FromEngineChild, KillPoint, ToEngineChild } from './engine-process.ts';

const dataDirectory = process.argv[2]!;
const killBefore = process.argv[3] === '' ? undefined : (process.argv[3] as KillPoint | undefined);
const workersDirectory = process.argv[4] ?? join(import.meta.dirname, '../../src/main/workers');

createDataDirectory(dataDirectory);

/** Ends the process as `kill -9` does, at an exact place between two tasks. */
class FatalPool extends WorkerPool {
  override run<K extends TaskKind>(
    kind: K,
    params: Tasks[K]['params'],
    options = {},
  ): Promise<Tasks[K]['result']> {
    const prepared = 'preparedDiskIds' in params && params.preparedDiskIds.length > 0;
    if (kind === killBefore || (killBefore === 'commit' && prepared)) process.kill(process.pid, 'SIGKILL');
    return super.run(kind, params, options);
  }
}

const renameSync = fs.renameSync;
fs.renameSync = (from, to) => {
  if (killBefore === 'rebuilt' && String(from).endsWith('.rebuilding')) process.kill(process.pid, 'SIGKILL');
  renameSync(from, to);
  if (killBefore === 'set-aside' && String(to).includes('.damaged-')) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();

const engine = await openConsole({ dataDirectory, workersDirectory, pool: new FatalPool(workersDirectory) });
const loopDelay = monitorEventLoopDelay({ resolution: 1 });
loopDelay.enable();

const send = (message: FromEngineChild) => process.send?.(message);

const answer = async (message: ToEngineChild): Promise<unknown> => {
  switch (message.kind) {
    case 'request':
      return engine.request(message.name as RequestName, message.params as RequestParams<RequestName>);
    case 'stats':
      return {
        peakRssBytes: process.resourceUsage().maxRSS * 1024,
        loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
        loopDelayMaxMs: loopDelay.max / 1e6,
      };
    case 'watch':
      engine.subscribe((push) => send({ id: -1, push }));
      return null;
    case 'start':
      await engine.start();
      return null;
    case 'stop':
      await engine.stop();
      setImmediate(() => process.disconnect());
      return null;
  }
};

process.on('message', (message: ToEngineChild) => {
  answer(message).then(
    (result) => send({ id: message.id, result }),
    (error: unknown) => send({ id: message.id, error: ReplicationError.from(error).toReport() }),
  );
});
// The one who drives is gone: nothing here outlives it.
process.on('disconnect', () => process.exit());
send({ id: 0, result: 'ready' });
