/** `npm run agent -- ARGS`: builds where needed, then runs the headless door in this process. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, outDirectory } from './product.ts';

ensureBuilt();
await import(pathToFileURL(join(outDirectory, 'main/agent.js')).href);
