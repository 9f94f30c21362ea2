/** Names that Windows reserves for devices, whatever their extension. */
const deviceName = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;

/** Windows counts characters of a name and POSIX bytes, up to 255; suffixes such as `.vhdx.partial` come on top. */
const mostCharacters = 100;
const mostBytes = 200;

const shortened = (characters: readonly string[]): string => {
  let text = '';
  for (const character of characters) {
    const longer = text + character;
    if (longer.length > mostCharacters || Buffer.byteLength(longer) > mostBytes) break;
    text = longer;
  }
  return text;
};

/** `name` as a file name that Windows, SMB servers and POSIX all take; never empty, never leaving its directory. */
export const safeFileName = (name: string): string => {
  const cleaned = shortened(
    [...name.normalize('NFC')].map((character) =>
      character < ' ' || '<>:"/\\|?*\x7f'.includes(character) ? '_' : character,
    ),
  ).replace(/^[. ]+|[. ]+$/g, '');
  if (cleaned === '') return '_';
  return deviceName.test(cleaned) ? `_${cleaned}` : cleaned;
};

/** `wanted`, or with a suffix the first variant not in `taken`; file systems that ignore case are the measure. */
export const uniqueFileName = (
  wanted: string,
  taken: Iterable<string>,
  variant: (round: number) => string,
): string => {
  const used = new Set([...taken].map((name) => name.toLowerCase()));
  let name = wanted;
  for (let round = 1; used.has(name.toLowerCase()); round += 1) name = variant(round);
  return name;
};

/** The replica's file for a disk called `diskName`: its own name with `.vhdx`, whatever format the source has. */
export const replicaFileName = (diskName: string, taken: Iterable<string>): string => {
  const stem = safeFileName(diskName.replace(/\.[^.]*$/, ''));
  return uniqueFileName(`${stem}.vhdx`, taken, (round) => `${stem}-${round + 1}.vhdx`);
};

/** The folder of a VM: its name, and part of its id where another VM has that name. */
export const vmFolderName = (vmName: string, vmId: string, taken: Iterable<string>): string => {
  const stem = safeFileName(vmName);
  const id = safeFileName(vmId);
  return uniqueFileName(stem, taken, (round) =>
    round === 1 ? `${stem}-${id.slice(0, 8)}` : `${stem}-${id}-${round}`,
  );
};
