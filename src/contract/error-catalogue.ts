/**
 * The one catalogue of everything that can go wrong.
 * Classes follow the replication rules: a *recoverable* error is retried on the back-off ladder, a
 * *nonRecoverable* one waits for a person. Hyper-V's own event ids are given where there are some.
 */

import { type HyperVEventId, retriedEvents, suspendedEvents } from './hyper-v-events.ts';

export type ErrorClass = 'recoverable' | 'nonRecoverable';

export interface CatalogueEntry {
  readonly title: string;
  readonly class: ErrorClass;
  /** What a person can do now, one sentence. */
  readonly nextStep: string;
  /** What Hyper-V itself writes in that case; none where it knows no such case. */
  readonly hyperVEventIds: readonly HyperVEventId[];
}

const entry = (
  errorClass: ErrorClass,
  title: string,
  nextStep: string,
  hyperVEventIds: readonly HyperVEventId[] = [],
): CatalogueEntry => ({ class: errorClass, title, nextStep, hyperVEventIds });

const recoverable = entry.bind(null, 'recoverable');
const nonRecoverable = entry.bind(null, 'nonRecoverable');

export const errorCatalogue = {
  // disks
  DISK_NOT_FOUND: nonRecoverable(
    'The disk file does not exist',
    'Put the file back, or remove the disk from protection.',
    suspendedEvents,
  ),
  DISK_LOCKED: recoverable(
    'Another program holds the disk file',
    'Close the program that uses the file; replication tries again by itself.',
    retriedEvents,
  ),
  DISK_ACCESS_DENIED: nonRecoverable(
    'The disk file may not be read',
    'Give the account that runs the engine read access to the file.',
    suspendedEvents,
  ),
  DISK_CHANGING: recoverable(
    'The disk file changed so fast that it could not be read',
    'Nothing to do: it is read again in a quieter moment. A volume that can clone files (XFS, btrfs) avoids this.',
  ),
  DISK_READ_FAILED: recoverable(
    'Reading the disk file failed',
    'Check the volume that holds the file; replication tries again by itself.',
    retriedEvents,
  ),
  DISK_WRITE_FAILED: recoverable(
    'Writing a disk file failed',
    'Check the volume that holds the file; replication tries again by itself.',
  ),
  DISK_FORMAT_UNKNOWN: nonRecoverable(
    'The file is neither a VHD nor a VHDX',
    'Check that the file is a virtual disk.',
  ),
  DISK_CORRUPT: nonRecoverable(
    'The virtual disk is damaged',
    'Repair or restore the disk file named here.',
    suspendedEvents,
  ),
  DISK_TRUNCATED: nonRecoverable(
    'The virtual disk file is shorter than it says',
    'Restore the disk file named here from a copy.',
  ),
  DISK_UNSUPPORTED: nonRecoverable(
    'The virtual disk needs a feature this version does not know',
    'Convert the disk, or move its file out of the VM’s folder.',
  ),
  DISK_TOO_LARGE: nonRecoverable(
    'The virtual disk is larger than supported',
    'Exclude the disk, or choose another vault.',
  ),
  DISK_CHAIN_BROKEN: nonRecoverable(
    'The chain of differencing disks is broken',
    'Put the missing or matching parent file back.',
    suspendedEvents,
  ),
  DISK_CHAIN_CYCLE: nonRecoverable(
    'The chain of differencing disks runs in a circle',
    'Repair the parent locators of the files named here.',
  ),
  DISK_OUTSIDE_HOST: nonRecoverable(
    'The disk lies outside the host folder',
    'Move it into the VM’s folder, choose a host folder that holds both, or exclude the disk.',
  ),
  DISK_CHANGED_GEOMETRY: nonRecoverable(
    'The disk was resized',
    'Resynchronize: the disk is copied again, the other disks stay protected.',
  ),
  DISK_REPLACED: nonRecoverable(
    'The disk file was replaced by another disk',
    'Resynchronize: the disk is compared with its replica.',
  ),
  DISK_REVERTED: nonRecoverable(
    'The disk was put back to an older state',
    'Resynchronize: the disk is compared with its replica.',
  ),
  DISK_TARGET_EXISTS: nonRecoverable(
    'The target file already exists',
    'Choose another name, or remove the file first.',
  ),
  // host and virtual machines
  HOST_NOT_SET: nonRecoverable(
    'No host has been chosen',
    'Choose the folder that holds the VMs: hvrc host use DIR.',
  ),
  HOST_NOT_FOUND: recoverable(
    'The host folder cannot be reached',
    'Connect the volume or share that holds the VMs.',
  ),
  VM_NOT_FOUND: nonRecoverable(
    'The virtual machine is not on the host',
    'Check the name with hvrc vm list.',
    suspendedEvents,
  ),
  VM_AMBIGUOUS: nonRecoverable('More than one virtual machine has that name', 'Name the VM by its id.'),
  VM_NO_DISKS: nonRecoverable(
    'The virtual machine has no disk that can be protected',
    'Check the VM folder and the exclusions.',
  ),
  VM_NOT_FIT_FOR_AZURE: nonRecoverable(
    'Azure cannot take the virtual machine as it is',
    'See what each check found: hvrc protect VM --vault NAME --check.',
  ),
  VM_ALREADY_PROTECTED: nonRecoverable(
    'The virtual machine is already protected',
    'Remove the protection first to change its vault.',
  ),
  VM_NOT_PROTECTED: nonRecoverable(
    'The virtual machine is not protected',
    'Protect it first: hvrc protect VM --vault NAME.',
  ),
  DISK_NOT_IN_VM: nonRecoverable(
    'The virtual machine has no such disk',
    'Check the disk names with hvrc vm show VM.',
  ),
  DISK_NOT_PROTECTED: nonRecoverable(
    'A disk of the protected virtual machine is not replicated',
    'Include it with hvrc protection disks VM --include DISK, or leave it out with --exclude DISK.',
  ),
  DISK_SHARED: nonRecoverable(
    'The disk file belongs to another protected virtual machine',
    'Give each virtual machine a disk file of its own, or exclude the disk.',
  ),
  DISK_IS_OS: nonRecoverable(
    'The operating system disk cannot be excluded',
    'Leave the OS disk in the protection.',
  ),
  STATE_INVALID: nonRecoverable(
    'That cannot be done in the present state',
    'Look at hvrc status VM for what runs or waits.',
  ),
  // replication log and tracking
  HRL_WRITE_FAILED: recoverable(
    'Writing the replication log failed',
    'Check the volume beside the disk and that the engine may write there, then resynchronize the VM.',
    retriedEvents,
  ),
  HRL_READ_FAILED: recoverable(
    'Reading the replication log failed',
    'Check the volume beside the disk; replication tries again by itself.',
    retriedEvents,
  ),
  HRL_CORRUPT: nonRecoverable('The replication log is damaged', 'Resynchronize the VM.'),
  HRL_MISSING: nonRecoverable('A replication log is missing', 'Resynchronize the VM.'),
  HRL_FOREIGN: nonRecoverable(
    'The replication log belongs to another disk',
    'Remove the file named here, then resynchronize.',
  ),
  HRL_UNSUPPORTED: nonRecoverable('The replication log has a newer format', 'Update this product.'),
  HRL_NOT_A_LOG: nonRecoverable(
    'The file is not a replication log',
    'Name a log: the .hrl file beside a protected disk, or one in a directory vault.',
  ),
  HRL_OUT_OF_SEQUENCE: nonRecoverable(
    'The replication log does not follow what the vault holds',
    'Resynchronize the VM.',
  ),
  HRL_THRESHOLD: nonRecoverable(
    'The replication log reached 50 % of the disk',
    'Resynchronize the VM; a faster link or a shorter outage prevents it.',
  ),
  TRACKING_DAMAGED: nonRecoverable(
    'The tracking state of a disk is damaged or missing',
    'Resynchronize the VM.',
  ),
  TRACKING_WRITE_FAILED: recoverable(
    'Writing the tracking state of a disk failed',
    'Check the volume that holds the data directory; replication tries again by itself.',
    retriedEvents,
  ),
  VOLUME_LOW_SPACE: recoverable(
    'A volume is low on space',
    'Free space on the volume named here; replication tries again by itself.',
    retriedEvents,
  ),
  LOW_MEMORY: recoverable(
    'The machine is low on memory',
    'Close other programs; replication tries again by itself.',
    retriedEvents,
  ),
  // vaults and replicas
  VAULT_UNKNOWN: nonRecoverable('No vault has that name', 'Check the name with hvrc vault list.'),
  VAULT_NAME_TAKEN: nonRecoverable('A vault of that name exists already', 'Choose another name.'),
  VAULT_UNREACHABLE: recoverable(
    'The vault cannot be reached',
    'Connect the share, disk or network; replication tries again by itself.',
    retriedEvents,
  ),
  VAULT_UNTRUSTED: recoverable(
    'The vault cannot be trusted',
    'Check the address, this machine’s clock and whether a proxy opens https; of a private authority, give its file to the engine in NODE_EXTRA_CA_CERTS.',
    retriedEvents,
  ),
  PROXY_FAILED: recoverable(
    'The proxy does not open the way to the vault',
    'Check the proxy, and its address in HTTPS_PROXY; what the vault needs no proxy for belongs in NO_PROXY. Start the engine again after a change.',
    retriedEvents,
  ),
  PROXY_ACCESS_DENIED: nonRecoverable(
    'The proxy refuses the sign-in',
    'Put name and password into HTTPS_PROXY (http://NAME:PASSWORD@PROXY:PORT), start the engine again and resume the VM.',
    suspendedEvents,
  ),
  VAULT_NOT_FOUND: nonRecoverable(
    'The vault does not exist',
    'Check the account and the name of the container.',
    suspendedEvents,
  ),
  VAULT_ACCESS_DENIED: nonRecoverable(
    'The vault refuses access',
    'Give the account read, write and delete rights in the vault; for a storage account renew the sign-in: hvrc vault sign-in NAME.',
    suspendedEvents,
  ),
  SECRET_SEALED: nonRecoverable(
    'The sign-in was sealed by another program or account',
    'Open the desktop console, under the account that gave the sign-in, and replicate from there; or give it anew here: hvrc vault sign-in NAME.',
  ),
  VAULT_PASSPHRASE_NEEDED: nonRecoverable(
    'The vault is encrypted',
    'Give its passphrase: hvrc vault open asks for it, or takes it from HVRC_VAULT_PASSPHRASE.',
  ),
  VAULT_PASSPHRASE_WRONG: nonRecoverable(
    'The passphrase does not open the vault',
    'Try again with the passphrase that was given when the vault was added; nothing is lost.',
  ),
  VAULT_FOREIGN: nonRecoverable(
    'The directory holds other files and is not a vault',
    'Choose an empty directory, or one that is a vault.',
  ),
  VAULT_UNSUPPORTED: nonRecoverable('The vault has a newer format', 'Update this product.'),
  VAULT_CORRUPT: nonRecoverable(
    'The catalogue of the vault is damaged',
    'Restore the file named here, or protect the VM again.',
  ),
  VAULT_FULL: recoverable(
    'The vault is full',
    'Free space at the vault or shorten the retention; replication tries again by itself.',
    retriedEvents,
  ),
  VAULT_IN_USE: nonRecoverable(
    'Another installation replicates this VM into the vault',
    'End the protection in the other installation, or choose another vault.',
  ),
  VAULT_WRITE_FAILED: recoverable(
    'Writing to the vault failed',
    'Check the vault; replication tries again by itself.',
    retriedEvents,
  ),
  REPLICA_MISSING: nonRecoverable(
    'The replica is not at the vault',
    'Resynchronize the VM, which copies what is missing again, or put the replica back.',
    suspendedEvents,
  ),
  REPLICA_INVALID: nonRecoverable(
    'The replica at the vault is damaged or was changed',
    'Resynchronize the VM.',
    suspendedEvents,
  ),
  POINT_NOT_FOUND: nonRecoverable('There is no such recovery point', 'Check the list with hvrc points VM.'),
  RESTORE_TARGET_EXISTS: nonRecoverable(
    'The target directory already holds such a file',
    'Choose an empty directory.',
  ),
  VERIFY_MISMATCH: nonRecoverable('The copy differs from what it should hold', 'Resynchronize the VM.'),
  // alerts
  ALERT_CHANNEL_OFF: nonRecoverable(
    'The alert channel is not set up',
    'Set it up under Alerts, or with hvrc alerts set.',
  ),
  ALERT_UNREACHABLE: recoverable(
    'The server for alerts cannot be reached',
    'Check its name, its port and the network; the message is sent again by itself.',
  ),
  ALERT_UNTRUSTED: nonRecoverable(
    'The server for alerts cannot be trusted',
    'Check the server’s name and certificate; of a private authority, give its file to the engine in NODE_EXTRA_CA_CERTS.',
  ),
  ALERT_REFUSED: nonRecoverable(
    'The server refused the alert',
    'Correct the sign-in or the addresses of the channel, then test it.',
  ),
  // engine
  RESYNC_REQUIRED: nonRecoverable(
    'The virtual machine must be resynchronized',
    'Resynchronize: hvrc resync VM.',
  ),
  ENGINE_RUNNING: nonRecoverable(
    'Another engine uses this data directory',
    'Use the running engine, or stop it first.',
  ),
  ENGINE_UNRESPONSIVE: recoverable(
    'The engine does not answer',
    'Wait a moment and try again; if it stays so, end the process named here and start the engine anew.',
  ),
  ENGINE_STOPPED: recoverable('The engine was stopped', 'Start the engine again; work goes on by itself.'),
  STORE_DAMAGED: nonRecoverable(
    'The database of the engine is damaged',
    'It is set aside and rebuilt by itself at the next start; where that is refused, let this account rename files in the data directory.',
  ),
  STORE_UNSUPPORTED: nonRecoverable('The database of the engine has a newer format', 'Update this product.'),
  STORE_FAILED: recoverable(
    'The database of the engine cannot be used',
    'Check the volume that holds the data directory; replication tries again by itself.',
  ),
  DATA_DIRECTORY_UNUSABLE: nonRecoverable(
    'The data directory cannot be used',
    'Choose a directory that this account may write: --data DIR.',
  ),
  WORKER_FAILED: recoverable(
    'A worker of the engine ended unexpectedly',
    'The next try is automatic; the log file has the details.',
  ),
  PORT_UNAVAILABLE: nonRecoverable(
    'The port cannot be used',
    'Choose another port with --port, or leave it out for any free one.',
  ),
  RUNTIME_UNSUPPORTED: nonRecoverable(
    'This Node.js version is not supported',
    'Start through npm, which brings the right version.',
  ),
  JOB_NOT_FOUND: nonRecoverable('There is no such job', 'Check the list with hvrc jobs.'),
  INPUT_INVALID: nonRecoverable('A value is not valid', 'Correct the field named here.'),
  TIMED_OUT: recoverable(
    'Work stood still for too long',
    'Check that the volume, share or vault answers; replication tries again by itself.',
  ),
  CANCELLED: nonRecoverable('The work was cancelled', 'Start it again when you want it.'),
  UNKNOWN: nonRecoverable(
    'Something unforeseen happened',
    'See the log file; report it with a support bundle.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code);
