/** The built product in `out/`, and how to bring it up to date. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const projectRoot = dirname(import.meta.dirname);
export const outDirectory = join(projectRoot, 'out');

/** Written last, so that half a build never counts as one. */
const stampName = 'built-from.sha256';
const stampFile = join(outDirectory, stampName);

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

/** Puts a finished build in place, unless another process that built the same was quicker. */
const publish = (built: string, wanted: string): void => {
  if (builtFrom() !== wanted) {
    rmSync(outDirectory, { recursive: true, force: true });
    try {
      renameSync(built, outDirectory);
      return;
    } catch (error) {
      if (builtFrom() !== wanted) throw error;
    }
  }
  rmSync(built, { recursive: true, force: true });
};

/**
 * Builds unless `out/` was built from these very sources. Ends the process when the build fails. Several commands may do
 * that at the same time: each builds in a place of its own.
 */
export const ensureBuilt = (): void => {
  const wanted = sourceHash();
  if (builtFrom() === wanted) return;
  console.error('Building the console …');
  const place = join(projectRoot, 'node_modules/.cache', `hvrc-build-${process.pid}`);
  const build = spawnSync(
    process.execPath,
    [
      join(projectRoot, 'node_modules/electron-vite/bin/electron-vite.js'),
      'build',
      `--outDir=${place}`,
      '--logLevel=warn',
    ],
    { cwd: projectRoot, encoding: 'utf8' },
  );
  if (build.status !== 0) {
    rmSync(place, { recursive: true, force: true });
    console.error(`${build.stdout}${build.stderr}`);
    console.error('The build failed, for the reason above.');
    process.exit(1);
  }
  writeFileSync(join(place, stampName), wanted);
  publish(place, wanted);
};
