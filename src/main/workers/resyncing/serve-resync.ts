import { openReplicaVault } from '../../vault/open-vault.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { VaultSpec } from '../protocol.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import { serveTasks } from '../serve-tasks.ts';
import { sendLogs } from '../uploading/send-logs.ts';
import { withReplica } from '../uploading/with-replica.ts';
import { restoreDisk } from './restore-disk.ts';
import { resyncDisk } from './resync-disk.ts';
import { verifyDisk } from './verify-disk.ts';

const withContent = async <T>(
  spec: VaultSpec,
  vmId: string,
  diskId: string,
  pointId: string | null,
  use: (content: ReplicaContent) => Promise<T>,
): Promise<T> => {
  const vault = await openReplicaVault(spec);
  try {
    const vm = await vault.readVm(vmId);
    try {
      const content = await vm.openDisk(diskId, pointId);
      try {
        return await use(content);
      } finally {
        await content.close();
      }
    } finally {
      await vm.close();
    }
  } finally {
    await vault.close();
  }
};

/** The resync engine: whatever compares a whole disk with its replica: resynchronize, verify, restore. */
export const serveResync = (reader: BlockReader): void => {
  serveTasks({
    resync: (params, context) =>
      withReplica(params.replica, context.signal, (replica) => resyncDisk(params, replica, reader, context)),
    renew: (params, context) =>
      withReplica(params.replica, context.signal, (replica) => sendLogs(params, replica, context)),
    verify: ({ vault, vmId, source }, context) =>
      withContent(vault, vmId, source.diskId, null, (content) =>
        verifyDisk({ source }, content, reader, context),
      ),
    restore: (params, context) =>
      withContent(params.vault, params.vmId, params.diskId, params.pointId, (content) =>
        restoreDisk(params, content, reader, context),
      ),
  });
};
