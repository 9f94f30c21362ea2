import type { Command } from 'commander';
import { formatBytes, formatRate } from '../../platform/size-words.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';
import { formatMs } from '../format.ts';
import { positiveNumber } from '../parse-option.ts';
import { progressDisplay } from '../progress-display.ts';
import type { Session } from '../session.ts';

const bytesPerMegabyte = 1024 * 1024;
const defaultRate = 4;

export const sampleCommands = (program: Command, runner: CommandRunner): void => {
  program
    .command('sample')
    .description('make a site of three sample VMs, about 300 MB, to try everything on')
    .argument('<dir>', 'where; the directory must hold no VM yet')
    .option('--workload', 'write into the sample site’s disks like a busy server until interrupted')
    .option('--rate <mbps>', 'megabytes a second to write', positiveNumber, defaultRate)
    .addHelpText('after', examples('sample ./site', 'sample ./site --workload --rate 10'))
    .action((directory: string, { workload = false, rate }: { workload?: boolean; rate: number }) =>
      runner.run(async (session) => {
        const path = session.path(directory);
        await (workload ? runSampleWorkload(session, path, rate) : makeSite(session, path));
        return undefined;
      }),
    );
};

const makeSite = async (session: Session, directory: string): Promise<void> => {
  const { createSampleSite } = await import('../../sample/sample-site.ts');
  const display = progressDisplay(session.environment, session.output.json);
  let site: Awaited<ReturnType<typeof createSampleSite>>;
  try {
    site = await createSampleSite(directory, {
      signal: session.signal,
      onProgress: ({ vm, disk, doneBytes, totalBytes }) =>
        display.show({
          key: `${vm} ${disk}`,
          fraction: doneBytes / totalBytes,
          text: `${vm}: ${disk}, ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`,
        }),
    });
  } finally {
    display.close();
  }
  session.output.answer(site, () =>
    [
      `The sample site has ${site.vms.length} VMs:`,
      ...site.vms.map((vm) => `  ${vm}`),
      `Next: hvrc host use ${directory}`,
    ].join('\n'),
  );
};

/** Interrupting it is how it ends, not a failure. */
const runSampleWorkload = async (session: Session, directory: string, rate: number): Promise<void> => {
  const { runWorkload } = await import('../../sample/workload.ts');
  const display = progressDisplay(session.environment, session.output.json);
  let report: Awaited<ReturnType<typeof runWorkload>>;
  session.output.note(`Writing ${rate} MB/s into the disks of ${directory}. Ctrl-C stops it.`);
  try {
    report = await runWorkload(directory, {
      rateBytesPerSecond: rate * bytesPerMegabyte,
      signal: session.signal,
      onReport: ({ writtenBytes, bytesPerSecond }) =>
        display.show({
          key: 'workload',
          fraction: null,
          text: `${formatBytes(writtenBytes)} written, ${formatRate(bytesPerSecond)}`,
        }),
    });
  } finally {
    display.close();
  }
  session.output.answer(
    report,
    () =>
      `${formatBytes(report.writtenBytes)} written in ${formatMs(report.elapsedMs)}, ${report.writes} writes.`,
  );
};
