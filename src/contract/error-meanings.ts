import type { ErrorCode } from './error-catalogue.ts';

/** What each code of the catalogue means: when it comes, and what that does to replication. For the manual and `hvrc error`. */
export const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  DISK_NOT_FOUND:
    'A disk, or a file of its chain, is not where the host says. Nothing can be tracked until it is back; the replica stays as it was.',
  DISK_LOCKED:
    'Another program has opened the file so that nobody else may read it: a backup, a virus scanner, a mounted disk. Such locks usually end by themselves.',
  DISK_ACCESS_DENIED:
    'The account that runs the engine lacks the right to read the file or, where the log is to go, to write beside it.',
  DISK_CHANGING:
    'The VM wrote into the file while its structure was being read, several times in a row. No change is lost: the next pass finds it.',
  DISK_READ_FAILED:
    'The operating system reported an error while the file was read: a failing disk, a share that went away, a damaged file system.',
  DISK_WRITE_FAILED:
    'A file that this product makes (a restored or converted disk, an export) could not be written. Source disks are never written to.',
  DISK_FORMAT_UNKNOWN: 'The file has neither the signature of a VHD nor that of a VHDX.',
  DISK_CORRUPT:
    'A structure of the virtual disk contradicts the format: a checksum, an offset, a table. What cannot be read reliably is not replicated.',
  DISK_TRUNCATED:
    'The file ends before the data that its own tables refer to: a copy that was cut short, or a full volume.',
  DISK_UNSUPPORTED:
    'The disk needs a feature of its format that this version does not handle, and says so itself.',
  DISK_TOO_LARGE: 'The disk is larger than its format allows, or than the chosen vault takes.',
  DISK_CHAIN_BROKEN:
    'A differencing disk names a parent that is missing or is another one than it was made from: its content cannot be told.',
  DISK_CHAIN_CYCLE: 'Following the parents of a differencing disk leads back to the disk itself.',
  DISK_OUTSIDE_HOST:
    'A link in the VM’s folder leads out of the host folder. It is not followed: it could show, and replicate, what nobody chose.',
  DISK_CHANGED_GEOMETRY:
    'The disk has another size or sector size than when it was protected: its log no longer fits the replica.',
  DISK_REPLACED: 'Another disk with another identity lies in the place of the protected one.',
  DISK_REVERTED:
    'The times of its files, or a checkpoint that is gone, say that it was put back to an older state than was replicated: a checkpoint was applied, or a backup restored.',
  DISK_TARGET_EXISTS: 'A file of that name exists, and files are never overwritten.',
  HOST_NOT_SET: 'The engine does not know yet which folder holds the VMs.',
  HOST_NOT_FOUND: 'The folder that holds the VMs does not answer: a share or volume is away.',
  VM_NOT_FOUND:
    'The host has no VM of that name or identity: it was deleted or moved, or the name is misspelt. A protected VM that is gone is not tried again.',
  VM_AMBIGUOUS: 'A name can stand for several VMs; an id cannot.',
  VM_NO_DISKS: 'There is no disk left to protect: the VM has none, or all are excluded.',
  VM_NOT_FIT_FOR_AZURE: 'A limit of Azure on names, disk sizes or the number of disks is not kept.',
  VM_ALREADY_PROTECTED: 'The VM is protected, into the vault named here.',
  VM_NOT_PROTECTED: 'The request needs a protected VM.',
  DISK_NOT_IN_VM: 'A disk to be excluded is not one of the VM’s.',
  DISK_NOT_PROTECTED:
    'The disk came to the VM after protection was enabled, or can be read only now. Nobody has said whether it is to be replicated, and until somebody does it is not.',
  DISK_SHARED:
    'One disk file is found in two VM folders, by a link. Replicated twice it would have two logs that know nothing of each other.',
  DISK_IS_OS: 'A replica without its operating system disk could never be started.',
  STATE_INVALID:
    'Something else runs or must come first, so that the request was refused; nothing was changed.',
  HRL_WRITE_FAILED:
    'The log beside the disk could not be written or renamed. What a log lacks is found by comparing the disk with its replica.',
  HRL_READ_FAILED: 'The log beside the disk could not be read or opened; it is tried again as it is.',
  HRL_CORRUPT:
    'A checksum in the middle of the log does not fit, so that the changes in it cannot be trusted. A torn end is no such damage: it is cut back.',
  HRL_MISSING:
    'A log that the engine had written, and not yet sent, is gone: the changes in it are known to nobody.',
  HRL_FOREIGN: 'A log lies beside the disk that was written for another disk or another protection.',
  HRL_UNSUPPORTED: 'A newer version of this product wrote the log.',
  HRL_NOT_A_LOG:
    'A file that was to be inspected does not begin as a log does: it is something else, or its beginning was overwritten. Nothing was changed.',
  HRL_OUT_OF_SEQUENCE:
    'The log begins at another cut than the replica ends with: one of the two was put back to an older state.',
  HRL_THRESHOLD:
    'Changes were logged faster than they were sent, until the log was half as large as the disk: comparing is cheaper from there on. Tracking stops and gives the space back.',
  TRACKING_DAMAGED:
    'The table of block digests is missing or damaged: what has changed can no longer be told.',
  TRACKING_WRITE_FAILED: 'The table of block digests, in the data directory, could not be written.',
  VOLUME_LOW_SPACE:
    'A volume has less free space than the engine leaves untouched, or none. Changes are remembered in a bitmap meanwhile, so that the disks of VMs never fill up by it.',
  LOW_MEMORY:
    'The machine has too little memory left to begin or go on, or the operating system refused memory that the work needs.',
  VAULT_UNKNOWN: 'No vault of that name was added here.',
  VAULT_NAME_TAKEN: 'Names of vaults are unique here.',
  VAULT_UNREACHABLE:
    'The share, disk or network of the vault does not answer. Changes are logged meanwhile and sent as soon as it does.',
  VAULT_UNTRUSTED:
    'The server at the vault’s address shows a certificate that this machine does not trust, or speaks no TLS. Nothing was sent to it.',
  PROXY_FAILED:
    'The proxy that the environment names cannot be reached, is misspelt, or does not let this machine through to the storage account or to Microsoft Entra ID. Changes are logged meanwhile.',
  PROXY_ACCESS_DENIED:
    'The proxy asks who this is (status 407) and does not accept what it was told. It is not tried again by itself, lest the account be locked.',
  VAULT_NOT_FOUND: 'The service answers, and has no such account or container.',
  SECRET_SEALED:
    'The desktop console has the system’s key store seal what signs in to vaults, mail servers and webhooks. Only the desktop console of the same account opens it again; hvrc and the agent, as engines of their own, cannot. While the desktop console runs they ask its engine, and nothing is missing.',
  VAULT_ACCESS_DENIED:
    'The vault answers and refuses: a sign-in that ended or was changed, or a right that is missing. It is not tried again by itself, lest the account be locked.',
  VAULT_PASSPHRASE_NEEDED:
    'What lies in the vault is encrypted, and this installation does not have its key.',
  VAULT_PASSPHRASE_WRONG:
    'The key made from the passphrase does not open the vault’s own key. Nothing was tried beyond that.',
  VAULT_FOREIGN: 'The directory holds files that no vault has; nothing was written into it.',
  VAULT_UNSUPPORTED: 'A newer version of this product wrote the vault.',
  VAULT_CORRUPT: 'A record of the vault’s own catalogue is damaged, or contradicts another one.',
  VAULT_FULL:
    'The vault has no room left, or its quota is used up. The last consistent recovery point stays.',
  VAULT_IN_USE:
    'The vault’s record of this VM names another installation: two that write into one replica would destroy it.',
  VAULT_WRITE_FAILED:
    'The vault reported an error while it was written. What was staged is used or sent again.',
  REPLICA_MISSING: 'The vault has no complete replica of the VM, or a file of it is gone.',
  REPLICA_INVALID:
    'A replica does not hold what was written to it: another program changed it, or the storage lost data.',
  POINT_NOT_FOUND: 'The recovery point never was, or has been dropped by the retention.',
  RESTORE_TARGET_EXISTS:
    'The target directory has a file of a restored disk’s name; restoring overwrites nothing.',
  VERIFY_MISMATCH: 'Reading back gave other data than the digests taken at the cut.',
  ALERT_CHANNEL_OFF:
    'A message was to go out through e-mail or a webhook that is switched off or lacks its address.',
  ALERT_UNREACHABLE:
    'The mail server or the receiver of the webhook does not answer. Replication goes on unharmed.',
  ALERT_UNTRUSTED:
    'The server’s certificate does not prove its name. Neither sign-in nor message were sent to it.',
  ALERT_REFUSED: 'The server answers and takes neither this sign-in nor this message.',
  RESYNC_REQUIRED:
    'Delta replication cannot go on, for the reason shown with the VM. Its replica and recovery points stay usable until a comparison has succeeded.',
  ENGINE_RUNNING: 'One engine at a time owns a data directory; the other one’s process is named.',
  ENGINE_UNRESPONSIVE: 'An engine holds the data directory and does not answer on its socket.',
  ENGINE_STOPPED:
    'The engine was ended in an orderly way while the work was under way; it goes on at the next start.',
  STORE_DAMAGED:
    'SQLite or a check of the records found the database damaged. At the start it is set aside and rebuilt.',
  STORE_UNSUPPORTED: 'A newer version of this product wrote the database.',
  STORE_FAILED: 'SQLite could not read or write the database, which itself is sound as far as known.',
  DATA_DIRECTORY_UNUSABLE: 'The directory for database, log and sign-ins cannot be created, read or written.',
  WORKER_FAILED: 'A thread that reads or sends ended by a mistake of the program. It is started anew.',
  PORT_UNAVAILABLE: 'Another program listens on the port, or this account may not.',
  RUNTIME_UNSUPPORTED: 'The program was started on a Node.js that its parts do not run on.',
  JOB_NOT_FOUND: 'Jobs that ended long ago are forgotten; or the number is wrong.',
  INPUT_INVALID: 'A field of a request, or an argument, has a value that it cannot have; nothing was done.',
  TIMED_OUT: 'Something did not end within its time limit and was given up.',
  CANCELLED: 'A person cancelled the work, or what it belonged to ended. That is no failure.',
  UNKNOWN: 'An error that nobody has classified. Trying again blindly could do harm, so it is not retried.',
};
