import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

/** The command that opens a file with the program for it; undefined on a machine without a desktop. */
const openCommand = (env: NodeJS.ProcessEnv): readonly string[] | undefined => {
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  if (process.platform === 'darwin') return ['open'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
};

/**
 * Opens a link in the user's browser, through a small page in `redirectFile` that only the user can read: a link on a command line
 * could be read by everybody on the machine. Answers false where there is no desktop; the caller prints the link anyway.
 */
export const openBrowser = (link: string, redirectFile: string): boolean => {
  const command = openCommand(process.env);
  if (command === undefined) return false;
  rmSync(redirectFile, { force: true });
  writeFileSync(redirectFile, `<!doctype html><script>location.replace(${JSON.stringify(link)})</script>\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  const [program, ...args] = command;
  const child = spawn(program!, [...args, redirectFile], { stdio: 'ignore', detached: true });
  child.on('error', (error) => console.error(`The browser could not be opened: ${error.message}.`));
  child.unref();
  return true;
};
