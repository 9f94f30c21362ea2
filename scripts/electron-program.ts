import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './product.ts';

export const electronPackage = join(projectRoot, 'node_modules/electron');

/** Path of Electron's program, which its package fetches only when it is first needed. */
export const installedElectron = (): string | undefined => {
  const pathFile = join(electronPackage, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const program = join(electronPackage, 'dist', readFileSync(pathFile, 'utf8'));
  return existsSync(program) ? program : undefined;
};

/** Whether there is a screen for a window to be on. */
export const hasDesktop = (): boolean =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Electron's program where it can show a window now; or why it cannot. */
export const usableElectron = (): { readonly program: string } | { readonly reason: string } => {
  const program = installedElectron();
  if (program === undefined) return { reason: 'Electron’s program is not installed' };
  return hasDesktop() ? { program } : { reason: 'This machine has no desktop' };
};

/** Says what the desktop's specs run on. */
export const sayElectron = (): void => {
  const found = usableElectron();
  console.error(
    'program' in found
      ? `The desktop’s specs run on Electron: ${found.program}.`
      : `${found.reason}: the desktop’s specs run its bundles on the stand-in, in a browser.`,
  );
};
