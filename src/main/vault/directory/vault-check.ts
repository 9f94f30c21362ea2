import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { formatBytes } from '../../platform/size-words.ts';
import { slackBytes } from '../../platform/volume.ts';
import type { VaultCheck } from '../replica-vault.ts';
import type { VaultFileOps } from './file-ops.ts';
import { systemErrorOf, vaultError, vaultFileName } from './vault-errors.ts';

/** What a file operation was refused with, in words that say what is missing. */
const reasons: Readonly<Record<string, string>> = {
  EROFS: 'it is mounted read-only',
  EACCES: 'this account lacks the right',
  EPERM: 'this account lacks the right',
  ENOSPC: 'there is no space left',
  EDQUOT: 'the quota is used up',
};

/** Tries each thing that replication does to a directory; what it makes it removes again. */
export const checkDirectory = (root: string, ops: VaultFileOps, reach: () => void): VaultCheck[] => {
  const checks: VaultCheck[] = [];
  const attempt = (right: VaultCheck['right'], failed: string, work: () => string): boolean => {
    try {
      checks.push({ right, passed: true, detail: work() });
      return true;
    } catch (error) {
      const code = systemErrorOf(error)?.code ?? '';
      const reason = reasons[code];
      const detail =
        reason === undefined ? vaultError(error, root).message : `${failed}: ${reason} (${code}).`;
      checks.push({ right, passed: false, detail });
      return false;
    }
  };
  const content = randomUUID();
  const written = join(root, `.hvrc-check-${content}`);
  const renamed = `${written}-renamed`;
  const isReached = attempt('reach', `${root} cannot be looked into`, () => {
    reach();
    return root;
  });
  if (!isReached) return checks;
  const isWritten = attempt('write', `No file can be written into ${root}`, () => {
    ops.writeAtomically(written, content);
    return 'A file was written and made durable.';
  });
  if (isWritten) {
    const isRenamed = attempt('rename', `A file in ${root} cannot be renamed`, () => {
      ops.rename(written, renamed);
      return 'The file was renamed.';
    });
    attempt('read', `A file in ${root} cannot be read`, () => {
      if (ops.readText(isRenamed ? renamed : written) !== content)
        throw new Error('The file read back differs from what was written.');
      return 'The file was read back.';
    });
    attempt('delete', `A file in ${root} cannot be deleted`, () => {
      for (const path of [written, renamed]) ops.remove(path);
      if (ops.state(written) !== null || ops.state(renamed) !== null)
        throw new Error('The file is still there.');
      return 'The file was deleted.';
    });
  } else {
    const untried = { passed: false, detail: 'Not tried: it takes a file that was written.' };
    checks.push({ right: 'rename', ...untried });
    attempt('read', `A file in ${root} cannot be read`, () => {
      if (ops.readText(join(root, vaultFileName)) === null) throw new Error(`${vaultFileName} is not there.`);
      return `${vaultFileName} was read.`;
    });
    checks.push({ right: 'delete', ...untried });
  }
  attempt('space', `The space of ${root} cannot be asked for`, () => {
    const { freeBytes, totalBytes } = ops.space(root);
    const figures = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free`;
    if (freeBytes >= slackBytes) return `${figures}.`;
    throw new Error(
      `Only ${figures}, and ${formatBytes(slackBytes)} must stay free: free ${formatBytes(slackBytes - freeBytes)} and what is to be replicated.`,
    );
  });
  return checks;
};
