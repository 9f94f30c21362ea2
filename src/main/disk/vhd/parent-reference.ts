import { ReplicationError } from '../../../contract/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { ParentReference } from '../virtual-disk.ts';
import type { DynamicHeader, ParentLocator } from './dynamic-header.ts';

/** Far more than the longest path of Windows (32,767 UTF-16 units). */
const longestPathBytes = 64 * 1024;

/** The order to try: a relative path still holds after the folder was moved or copied. */
const platformOrder = ['W2ru', 'W2ku', 'MacX'];

/**
 * How a differencing VHD names its parent: its locators, then the bare name in the header.
 * @throws ReplicationError `DISK_CORRUPT`, `DISK_TRUNCATED`
 */
export const readParentReference = (source: ByteSource, header: DynamicHeader): ParentReference => {
  const paths = platformOrder.flatMap((platform) =>
    header.locators
      .filter((locator) => locator.platform === platform)
      .map((locator) => readLocator(source, locator)),
  );
  const named = [...paths, header.parentName].filter((path) => path !== '' && !hasControlCharacters(path));
  return { linkages: [header.parentUniqueId], paths: [...new Set(named)] };
};

/** No path that Windows wrote has them; they would garble messages that name the path. */
const hasControlCharacters = (path: string): boolean => [...path].some((character) => character < ' ');

const readLocator = (source: ByteSource, locator: ParentLocator): string => {
  if (locator.lengthBytes > longestPathBytes) {
    throw new ReplicationError(
      'DISK_CORRUPT',
      `The VHD ${source.path} stores a parent path of ${locator.lengthBytes} bytes, longer than any path.`,
      { file: source.path, offset: locator.fileOffset },
    );
  }
  const bytes = Buffer.alloc(locator.lengthBytes);
  source.read(bytes, locator.fileOffset);
  const text = bytes.toString(locator.platform === 'MacX' ? 'utf8' : 'utf16le').replace(/\0.*$/s, '');
  return locator.platform === 'MacX' ? pathOfFileUrl(text) : text;
};

/** The path of `file://localhost/…`; what is no such URL is returned as it is and simply will not be found. */
const pathOfFileUrl = (text: string): string => {
  const path = text.replace(/^file:\/\/[^/]*/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};
