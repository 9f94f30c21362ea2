/**
 * `npm run package [-- ARGS]`: builds where needed, then packs installers into dist/: for the system it runs on, or as
 * electron-builder's arguments say (`--win`, `--linux`, `--dir` for an unpacked program). Fetches Electron itself.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, projectRoot } from './product.ts';

ensureBuilt();
const { status } = spawnSync(
  process.execPath,
  [
    join(projectRoot, 'node_modules/electron-builder/cli.js'),
    '--config',
    join(projectRoot, 'electron-builder.yml'),
    '--publish',
    'never',
    ...process.argv.slice(2),
  ],
  { cwd: projectRoot, stdio: 'inherit' },
);
process.exit(status ?? 1);
