/**
 * What the engine says in fixed words and a page shows: a page in another language knows them again by these very words.
 * `{{name}}` stands for what is filled in. Sentences made for one occasion, with its figures, are not among them.
 */

/** Steps of jobs. Stored with the job: what earlier versions called a step is kept for their jobs. */
export const stepPhrases = [
  'Check the prerequisites',
  'Create the replication relationship',
  'Start initial replication',
  'Copy {{disk}}',
  'Commit the replica',
  'Remove temporary files',
  'Apply the settings of replication',
  'Mark as protected',
  'Track changes',
  'Send changes',
  'Check the disks',
  'Restart tracking',
  'Compare',
  'Send',
  'Apply',
  'Verify {{disk}}',
  'Restore {{disk}}',
  'Delete the replica',
  'Remove logs and tracking state',
  'Change the policy',
  'Tell the vault',
  'Drop older recovery points',
  'Leave disks out',
  'Add disks to the protection',
  'Open the vault, or make it',
  'Open the vault',
  'Try the sign-in',
  'Rename the vault',
  'Forget the vault',
] as const;

/** What is looked at before a VM is protected. */
export const checkPhrases = [
  'Disks',
  'Disk files and chains',
  'Disk sizes',
  'Azure: name of the VM',
  'Azure: operating system disk',
  'Azure: data disks',
  'Azure: sector size',
  'Log folder',
  'Log space',
  'Vault',
  'Vault: reach',
  'Vault: list',
  'Vault: read',
  'Vault: write',
  'Vault: rename',
  'Vault: snapshot',
  'Vault: delete',
  'Vault: space',
  'Vault: space for the replica',
  'No other replication',
  'Disk files of its own',
] as const;

/** What can be done about a check that did not pass. */
export const fixPhrases = [
  'Check the VM folder and the exclusions.',
  'Exclude {{disk}}, or choose another vault.',
  'Rename the VM on its host.',
  'Protect the VM with the one disk that it starts from.',
  'Shrink {{disk}}, or choose a directory vault.',
  'Check the generation of the VM on its host.',
  'Exclude {{count}} of them, or join disks.',
  'Exclude {{disk}}, or shrink it.',
  'Exclude {{disk}}, or give {{vm}} a disk file of its own.',
  'Convert {{disk}} to 512-byte sectors (Set-VHD), or exclude it.',
  'Give the account that runs the engine the right to write into that folder.',
  'Give the disk file a shorter name.',
  'Free {{size}} or more on {{volume}}.',
  'Free {{size}} on {{volume}} to be safe.',
  'Free {{size}} at the vault, exclude a disk, or choose another vault.',
  'Give the account that runs the engine read, write and delete rights in the vault.',
  'End that protection first to change its vault.',
  'End the protection there, or choose another vault.',
  'End the protection that writes it; when there is none any more, delete {{file}}.',
  '{{step}} Or leave the disk out: clear its box in the console, or --exclude "{{disk}}".',
] as const;

/** What a job or a transfer waits for. */
export const waitPhrases = [
  'Waits for its turn.',
  'Waits for its time window.',
  'Waits for the start time that was chosen.',
  'Waits for the next attempt: {{why}}',
  'Waits for somebody to act: {{step}}',
  'Replication of the VM is paused.',
  'Goes on when the engine runs.',
  'the bandwidth limit ({{rate}} until {{time}})',
  'the bandwidth limit ({{rate}})',
] as const;

/** What a VM is busy with. */
export const activityPhrases = [
  'Initial replication of {{vm}}',
  'Finalizing protection',
  'Tracking changes of {{vm}}',
  'Sending changes of {{vm}}',
  'Resynchronizing {{vm}}',
  'Applying what changed while {{vm}} was compared',
  'Giving back the space of the logs',
  'Verifying {{vm}}',
  'Restoring {{vm}}',
  'Dropping recovery points of {{vm}}',
  'Leaving out disks of {{vm}}',
  'Stopping',
] as const;

/** What would have spared a resynchronization. */
export const preventionPhrases = [
  'A shorter outage of the vault or a higher bandwidth limit would have prevented it; the warnings at 30 % and 40 % of the disk come in time for that.',
  'A healthy volume beside the disk, on which the engine may write, would have prevented it.',
  'A healthy volume beside the disk would have prevented it: nothing but the engine may write into its logs.',
  'Leaving the .hrl files beside the disks would have prevented it: exclude them from clean-ups and virus scans.',
  'Moving or copying disks without their .hrl files would have prevented it.',
  'Leaving the vault and the data directory as they are would have prevented it: neither may be put back to an older state alone.',
  'An intact data directory would have prevented it: leave its tracking folder alone and keep its volume healthy.',
  'A healthy volume under the data directory would have prevented it.',
  'Nothing prevents it: a disk that is resized is brought to the vault anew.',
  'Keeping the disk file in its place would have prevented it.',
  'Nothing prevents it: a disk that is put back to an older state is compared before replication goes on.',
  'Leaving the replicas at the vault alone would have prevented it.',
  'Nothing was wrong: it was asked for.',
  'Nothing was wrong: a disk was included, and copied for the first time.',
  'The event list says what came before it.',
] as const;

/** What a signature allows, and what it lacks. */
export const permissionPhrases = [
  'read',
  'add',
  'create',
  'write',
  'delete',
  'delete versions',
  'delete permanently',
  'list',
  'tags',
  'find by tags',
  'move',
  'execute',
  'immutability',
  'The signature does not allow to {{rights}}.',
] as const;

/** What the test button sends. */
export const testPhrases = [
  'Test message',
  'This is how alerts of {{host}} will reach you. Nothing has happened.',
] as const;

export const enginePhrases = [
  ...stepPhrases,
  ...checkPhrases,
  ...fixPhrases,
  ...waitPhrases,
  ...activityPhrases,
  ...preventionPhrases,
  ...permissionPhrases,
  ...testPhrases,
] as const;
export type EnginePhrase = (typeof enginePhrases)[number];

/** A phrase with something filled in. */
type Filled<P extends string> = P extends `${infer Before}{{${string}}}${infer After}`
  ? `${Before}${string}${Filled<After>}`
  : P;

export type StepText = Filled<(typeof stepPhrases)[number]>;
export type CheckText = Filled<(typeof checkPhrases)[number]>;
export type FixText = Filled<(typeof fixPhrases)[number]>;
export type WaitText = Filled<(typeof waitPhrases)[number]>;
export type ActivityText = Filled<(typeof activityPhrases)[number]>;
export type PreventionText = Filled<(typeof preventionPhrases)[number]>;
export type PermissionText = Filled<(typeof permissionPhrases)[number]>;
export type TestText = Filled<(typeof testPhrases)[number]>;
