/**
 * `node scripts/run.mjs FILE ARGS…`: sets the clone up where needed, then runs FILE on the Node.js that the project
 * brings along, with this process's terminal, signals and exit code.
 */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join, resolve } from 'node:path';
import { bundledNode, ensureInstalled, projectRoot } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Usage: node scripts/run.mjs FILE ARGS…\n');
  process.exit(2);
}

ensureInstalled();

// An account's PATH often leaves out where Linux keeps mkfs and mount.
const system = process.platform === 'linux' ? ['/usr/sbin', '/sbin'] : [];
const path = [
  dirname(bundledNode),
  join(projectRoot, 'node_modules/.bin'),
  process.env.PATH ?? '',
  ...system,
];
const child = spawn(bundledNode, [resolve(projectRoot, file), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: path.join(delimiter) },
});

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of forwarded) {
  process.on(signal, () => {
    // A Ctrl-C reaches the whole group from the terminal: passing it on would look like a second, impatient one.
    if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
  });
}

// A signal to npm reaches npm's shell, which ends without passing it on: the child must not outlive them.
const parent = process.ppid;
const orphanWatch =
  process.env.npm_lifecycle_event === undefined
    ? undefined
    : setInterval(() => {
        if (process.ppid === parent) return;
        clearInterval(orphanWatch);
        child.kill('SIGTERM');
      }, 250).unref();

child.on('error', (error) => {
  process.stderr.write(
    `${bundledNode} cannot be started: ${error.message}\nRun: npm rebuild node --foreground-scripts\n`,
  );
  process.exit(1);
});

child.on('close', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  for (const name of forwarded) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
