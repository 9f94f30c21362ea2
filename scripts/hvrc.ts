/** `npm run hvrc -- ARGS`: the command line as users get it, from the bundle. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, outDirectory } from './product.ts';

ensureBuilt();
await import(pathToFileURL(join(outDirectory, 'main/cli.js')).href);
