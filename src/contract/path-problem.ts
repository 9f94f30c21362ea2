/** Longest path that Windows takes with its long-path prefix, less room for what is appended. */
export const maxPathLength = 32_000;

const posixRoot = /^\//;
/** `C:\`, or a share: `\\server\…`. */
const windowsRoot = /^([A-Za-z]:[\\/]|\\\\[^\\/])/;
/** `\\?\` and `\\.\`: past Windows' own rules for names, down to raw devices. */
const deviceNamespace = /^[\\/]{2}[?.][\\/]/;
/** What Windows takes for a device whatever folder it stands in, and whatever follows a dot. */
const deviceName = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?$/i;

export type PathProblem = 'long' | 'character' | 'relative' | 'climbs' | 'device';

/**
 * What is wrong with an absolute path of any of the supported systems; null when nothing is. `..` is refused wherever it
 * stands: the path shown to a person is the one that is used.
 */
export const pathProblemOf = (path: string): PathProblem | null => {
  if (path.length > maxPathLength) return 'long';
  if (path.includes('\0')) return 'character';
  if (deviceNamespace.test(path)) return 'device';
  const onWindows = windowsRoot.test(path);
  if (!onWindows && !posixRoot.test(path)) return 'relative';
  const parts = path.split(onWindows ? /[\\/]/ : '/');
  if (parts.includes('..')) return 'climbs';
  return onWindows && parts.some((part) => deviceName.test(part)) ? 'device' : null;
};
