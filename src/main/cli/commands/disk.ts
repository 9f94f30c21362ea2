import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { ReplicationError } from '../../../contract/errors.ts';
import type { DiskFormat } from '../../../contract/model.ts';
import type { DiskDescription } from '../../disk/describe-disk.ts';
import type { Extent } from '../../disk/virtual-disk.ts';
import { formatBytes } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { exitCodes } from '../exit-code.ts';
import { rawIf, sayingRaw } from '../open-disk-file.ts';
import { passProgress } from '../pass-progress.ts';

interface RawOption {
  readonly raw?: boolean;
}

const rawHelp = 'the file is a raw image: the bytes of the disk and nothing else';

export const diskCommands = (program: Command, runner: CommandRunner): void => {
  const disk = program.command('disk').description('look into, compare and convert virtual disk files');
  disk
    .command('info')
    .description('say what a disk file is, with every parent it builds on')
    .argument('<file>', 'a .vhd, .vhdx, .avhd or .avhdx file; a raw image with --raw')
    .option('--raw', rawHelp)
    .addHelpText('after', examples('disk info D:\\Hyper-V\\WEB01\\web01.vhdx', 'disk info web01.img --raw'))
    .action((file: string, { raw }: RawOption) =>
      runner.run(async (session) => {
        const { describeDisk } = await import('../../disk/describe-disk.ts');
        const description = sayingRaw('--raw', () => describeDisk(session.path(file), rawIf(raw)));
        const text = await describe(description);
        session.output.answer(description, () => text);
        return description.problem === null ? exitCodes.done : exitCodes.failed;
      }),
    );
  disk
    .command('map')
    .description('list the ranges of a disk that may hold something, without reading them')
    .argument('<file>', 'a disk file')
    .option('--raw', rawHelp)
    .addHelpText('after', examples('disk map web01.vhdx', 'disk map web01.vhdx --json'))
    .action((file: string, { raw }: RawOption) =>
      runner.run(async (session) => {
        const { openVirtualDisk } = await import('../../disk/open-disk.ts');
        const opened = sayingRaw('--raw', () => openVirtualDisk(session.path(file), rawIf(raw)));
        try {
          let allocatedBytes = 0;
          const extents = function* (): Generator<Extent> {
            for (const extent of opened.extents()) {
              allocatedBytes += extent.length;
              yield extent;
            }
          };
          await session.output.list(
            extents(),
            ({ offset, length }) => `${pad(offset)}  ${pad(length)}`,
            session.signal,
          );
          session.output.note(
            `${formatBytes(allocatedBytes)} of ${formatBytes(opened.sizeBytes)} allocated.`,
          );
        } finally {
          opened.close();
        }
        return undefined;
      }),
    );
  disk
    .command('compare')
    .description('compare what two disks hold, whatever their formats; exit code 1 if they differ')
    .argument('<a>', 'a disk file')
    .argument('<b>', 'another')
    .addOption(
      new Option('--raw <which>', 'which of them are raw images').choices(['first', 'second', 'both']),
    )
    .addHelpText(
      'after',
      examples(
        'disk compare web01.vhdx E:\\vault\\WEB01\\web01.vhdx',
        'disk compare web01.vhdx web01.img --raw second',
      ),
    )
    .action((first: string, second: string, { raw }: { readonly raw?: 'first' | 'second' | 'both' }) =>
      runner.run(async (session) => {
        const { openVirtualDisk } = await import('../../disk/open-disk.ts');
        const { compareDisks } = await import('../../disk/compare-disks.ts');
        const open = (path: string, which: 'first' | 'second') =>
          sayingRaw(`--raw ${which}`, () =>
            openVirtualDisk(session.path(path), rawIf(raw === which || raw === 'both')),
          );
        const a = open(first, 'first');
        try {
          const b = open(second, 'second');
          try {
            const result = await passProgress(session, 'comparing', (options) => compareDisks(a, b, options));
            session.output.answer(result, () =>
              [
                result.firstDifferenceOffset === null
                  ? 'The disks hold the same.'
                  : `The disks differ in ${formatBytes(result.differingBytes)}, first at byte ${result.firstDifferenceOffset}.`,
                result.sizesDiffer
                  ? ` Their sizes differ: ${result.sizeBytes.map(formatBytes).join(' and ')}.`
                  : '',
              ].join(''),
            );
            return result.identical ? exitCodes.done : exitCodes.failed;
          } finally {
            b.close();
          }
        } finally {
          a.close();
        }
      }),
    );
  disk
    .command('convert')
    .description('copy a disk into a new file: raw, fixed VHD or dynamic VHDX')
    .argument('<from>', 'a disk file')
    .argument('<to>', 'the new file; it must not exist')
    .addOption(
      new Option('--format <format>', 'format of the new file; by its name if not given').choices([
        'raw',
        'vhd',
        'vhdx',
      ]),
    )
    .option('--raw', 'the disk file to be copied is a raw image')
    .addHelpText(
      'after',
      examples(
        'disk convert web01.vhd web01.vhdx',
        'disk convert web01.vhdx web01.img --format raw',
        'disk convert web01.img web01.vhdx --raw',
      ),
    )
    .action((from: string, to: string, { format, raw }: RawOption & { readonly format?: DiskFormat }) =>
      runner.run(async (session) => {
        const target = session.path(to);
        const chosen = format ?? formatByName(target);
        const { openVirtualDisk } = await import('../../disk/open-disk.ts');
        const { convertDisk } = await import('../../disk/convert-disk.ts');
        const source = sayingRaw('--raw', () => openVirtualDisk(session.path(from), rawIf(raw)));
        try {
          const result = await passProgress(session, 'converting', (options) =>
            convertDisk(source, target, chosen, options),
          );
          session.output.answer(
            result,
            () =>
              `${result.path} written: ${formatBytes(result.writtenBytes)} of data on ${formatBytes(result.sizeBytes)}.`,
          );
        } finally {
          source.close();
        }
        return undefined;
      }),
    );
};

const formatsByExtension: Readonly<Record<string, DiskFormat>> = {
  '.vhd': 'vhd',
  '.vhdx': 'vhdx',
  '.raw': 'raw',
  '.img': 'raw',
};

const formatByName = (path: string): DiskFormat => {
  const format = formatsByExtension[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  throw new ReplicationError(
    'INPUT_INVALID',
    `The name ${path} does not say which format is meant: give --format.`,
  );
};

const offsetDigits = 15;
const pad = (value: number): string => String(value).padStart(offsetDigits);

const describe = async (disk: DiskDescription): Promise<string> => {
  const { formatFields } = await import('../table.ts');
  const head = formatFields([
    ['Disk', disk.path],
    ['Format', `${disk.kind} ${disk.format.toUpperCase()}`],
    ['Size', `${formatBytes(disk.sizeBytes)} (${disk.sizeBytes} bytes)`],
    ['Sectors', `${disk.logicalSectorBytes} bytes logical, ${disk.physicalSectorBytes} physical`],
    ['Id', disk.diskId],
  ]);
  const chain = disk.chain.map((file, at) =>
    [
      `File ${at + 1} of the chain${at === 0 ? ', the tip' : ''}`,
      formatFields([
        ['  Path', file.path],
        ['  Format', `${file.kind} ${file.format.toUpperCase()}`],
        ['  File size', formatBytes(file.fileBytes)],
        ['  Id', file.diskId],
        ['  Linkage', file.linkage],
        ...file.parentPaths.map((path) => ['  Looks for parent', path] as const),
        ...Object.entries(file.details).map(([name, value]) => [`  ${name}`, String(value)] as const),
      ]),
    ].join('\n'),
  );
  const problem =
    disk.problem === null ? [] : [`Problem: ${disk.problem.message}\nNext: ${disk.problem.nextStep}`];
  return [head, ...chain, ...problem].join('\n\n');
};
