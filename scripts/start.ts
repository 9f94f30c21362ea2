/**
 * `npm start`: builds where needed and opens the console: in Electron where its runtime is there or can be fetched, else
 * in the browser through the agent. Arguments (`--data DIR`) go to whichever door it is.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { electronPackage, hasDesktop, installedElectron } from './electron-program.ts';
import { ensureBuilt, outDirectory, projectRoot } from './product.ts';

const downloadTimeoutMs = 10 * 60_000;

/** Path of Electron's program, fetched at the first start; or why there is none. */
const findElectron = (): { program: string } | { reason: string } => {
  if (!hasDesktop()) return { reason: 'This machine has no desktop' };
  // Chromium's sandbox, which the console keeps on, refuses to run as root.
  if (process.platform === 'linux' && process.getuid?.() === 0)
    return { reason: 'Electron does not run as root' };
  const present = installedElectron();
  if (present !== undefined) return { program: present };
  console.log('Fetching Electron (once, about 100 MB) …');
  spawnSync(process.execPath, [join(electronPackage, 'install.js')], {
    stdio: 'ignore',
    timeout: downloadTimeoutMs,
  });
  const fetched = installedElectron();
  return fetched === undefined ? { reason: 'Electron could not be downloaded' } : { program: fetched };
};

ensureBuilt();
const electron = findElectron();
if ('program' in electron) {
  const child = spawn(electron.program, [projectRoot, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    });
  }
  child.on('close', (code) => process.exit(code ?? 1));
} else {
  console.log(`${electron.reason}, so the console opens in the browser.`);
  await import(pathToFileURL(join(outDirectory, 'main/agent.js')).href);
}
