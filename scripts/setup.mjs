/**
 * Makes a clone ready to run: the locked packages, and the Node.js that they bring along.
 * Plain JavaScript on Node's own modules, because it runs before anything is installed, on any Node >= 20.
 * Everything it says goes to stderr, so that a program can read the stdout of what is started afterwards.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node.js that the `node` package installed: native modules of this project need it. */
export const bundledNode = join(
  projectRoot,
  'node_modules/node/bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

const oldestNode = 20;

/** Ends the process with a sentence on what happened and one on what to do. */
const stop = (problem, nextStep) => {
  process.stderr.write(`${problem}\n${nextStep}\n`);
  process.exit(1);
};

const readLock = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/**
 * Whether node_modules is what package-lock.json asks for. npm writes its own copy of the lock file last, so an
 * interrupted installation has none. Optional packages are those of other platforms.
 */
export const isInstalled = () => {
  const wanted = readLock(join(projectRoot, 'package-lock.json'));
  const present = readLock(join(projectRoot, 'node_modules/.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      present[path]?.version === entry.version ||
      (present[path] === undefined && (entry.optional === true || entry.devOptional === true)),
  );
};

/** Runs npm itself, the one that started us where there is one; its stdout goes to our stderr. */
const npm = (...args) => {
  const started = process.env.npm_execpath;
  const throughNode = started !== undefined && /\.[cm]?js$/.test(started);
  return spawnSync(
    throughNode ? process.execPath : 'npm',
    throughNode ? [started, ...args] : args,
    // npm is a .cmd file on Windows, which only a shell can start; the arguments are all our own.
    { cwd: projectRoot, stdio: ['ignore', 2, 2], shell: !throughNode && process.platform === 'win32' },
  );
};

/** Installs what is missing. Ends the process with advice when that fails. */
export const ensureInstalled = () => {
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    stop(
      `Node.js ${process.versions.node} is too old: this project needs Node.js ${oldestNode} or newer to set itself up.`,
      'Install a current Node.js from https://nodejs.org and run the same command again.',
    );
  }
  const installed = isInstalled();
  if (installed && existsSync(bundledNode)) return;
  if (!installed) {
    process.stderr.write('Installing the packages this project needs (once, about a minute) …\n');
    // Without scripts: of all packages only `node` needs its own, and older npm versions would compile the others.
    if (npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error').status !== 0) {
      stop(
        'The packages could not be installed (npm says why above).',
        'Check the network or the proxy settings of npm, then run the same command again.',
      );
    }
  }
  process.stderr.write('Fetching the Node.js version this project runs on …\n');
  npm('rebuild', 'node', '--loglevel=error');
  if (!existsSync(bundledNode)) {
    stop(
      'The Node.js version this project runs on could not be installed (npm says why above).',
      'Run: npm rebuild node --foreground-scripts',
    );
  }
};
