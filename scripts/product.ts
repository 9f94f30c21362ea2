/** The built product in `out/`, and how to bring it up to date. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const projectRoot = dirname(import.meta.dirname);
export const outDirectory = join(projectRoot, 'out');

/** Written last, so that a build that was interrupted is done again. */
const stampFile = join(outDirectory, 'built-from.sha256');

const sourceHash = (): string => {
  const hash = createHash('sha256');
  const inputs = [
    'src/**/*',
    'resources/**/*',
    'electron.vite.config.ts',
    'package-lock.json',
    'tsconfig.json',
  ];
  const files = globSync(inputs, { cwd: projectRoot, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
};

const builtFrom = (): string | undefined =>
  existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;

/** Builds unless `out/` was built from these very sources. Ends the process when the build fails. */
export const ensureBuilt = (): void => {
  const wanted = sourceHash();
  if (builtFrom() === wanted) return;
  console.error('Building the console …');
  rmSync(outDirectory, { recursive: true, force: true });
  const build = spawnSync(
    process.execPath,
    [join(projectRoot, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--logLevel=warn'],
    { cwd: projectRoot, encoding: 'utf8' },
  );
  if (build.status !== 0) {
    console.error(`${build.stdout}${build.stderr}`);
    console.error('The build failed, for the reason above.');
    process.exit(1);
  }
  writeFileSync(stampFile, wanted);
};
