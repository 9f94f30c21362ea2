/**
 * An engine in a process of its own, driven over Node's IPC channel: what the crash harness kills and the benchmarks measure.
 * Arguments: data directory.
 */

import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ReplicationError } from '../../src/contract/errors.ts';
import type { RequestName, RequestParams } from '../../src/contract/requests.ts';
import { openConsole } from '../../src/main/console/console.ts';
import { createDataDirectory } from '../../src/main/platform/data-directory.ts';
import type { FromEngineChild, ToEngineChild } from './engine-process.ts';

const dataDirectory = process.argv[2]!;
const workersDirectory = join(import.meta.dirname, '../../src/main/workers');

createDataDirectory(dataDirectory);
const engine = await openConsole({ dataDirectory, workersDirectory });
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
