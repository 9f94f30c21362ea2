import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { formatBytes } from '../../platform/size-words.ts';
import type { VaultCheck } from '../replica-vault.ts';
import type { VaultFileOps } from './file-ops.ts';
import { vaultError } from './vault-errors.ts';

/** Tries each thing that replication does to a directory; what it makes it removes again. */
export const checkDirectory = (root: string, ops: VaultFileOps, reach: () => void): VaultCheck[] => {
  const checks: VaultCheck[] = [];
  const attempt = (right: VaultCheck['right'], work: () => string): void => {
    try {
      checks.push({ right, passed: true, detail: work() });
    } catch (error) {
      checks.push({ right, passed: false, detail: vaultError(error, root).message });
    }
  };
  const content = randomUUID();
  const written = join(root, `.hvrc-check-${content}`);
  const renamed = `${written}-renamed`;
  attempt('reach', () => {
    reach();
    return root;
  });
  if (checks[0]?.passed !== true) return checks;
  attempt('write', () => {
    ops.writeAtomically(written, content);
    return 'A file was written and made durable.';
  });
  attempt('rename', () => {
    ops.rename(written, renamed);
    return 'The file was renamed.';
  });
  attempt('read', () => {
    if (ops.readText(renamed) !== content)
      throw new Error('The file read back differs from what was written.');
    return 'The file was read back.';
  });
  attempt('delete', () => {
    for (const path of [written, renamed]) ops.remove(path);
    if (ops.state(written) !== null || ops.state(renamed) !== null)
      throw new Error('The file is still there.');
    return 'The file was deleted.';
  });
  attempt('space', () => {
    const { freeBytes, totalBytes } = ops.space(root);
    if (freeBytes === 0) throw new Error('There is no space left.');
    return `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free.`;
  });
  return checks;
};
