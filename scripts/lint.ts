/** `npm run lint`: formatting and lint rules by Biome, then the direction of imports. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { checkSourceTree } from './import-rules.ts';

const root = dirname(import.meta.dirname);
const biome = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/@biomejs/biome/bin/biome'),
    'ci',
    ...(process.stdout.isTTY ? [] : ['--colors=off']),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
const { files, problems } = checkSourceTree(root);
for (const problem of problems) console.error(problem);
if (biome.status !== 0 || problems.length > 0) {
  console.error(`Lint failed${problems.length > 0 ? `: ${problems.length} import rule(s) broken` : ''}.`);
  process.exitCode = 1;
} else {
  console.log(`Lint passed; the imports of ${files} source files keep to the rooms.`);
}
