/** What `hvrc --help` lists the commands under, in the order somebody comes to need them. */
export const commandGroups = {
  'Set up:': ['sample', 'host', 'vm', 'vault', 'settings', 'bandwidth'],
  'Protect:': ['protect', 'protection', 'pause', 'resume', 'sync', 'retry', 'resync', 'unprotect'],
  'Watch:': ['status', 'stats', 'retries', 'jobs', 'job', 'events', 'alerts', 'error'],
  'Recover:': ['points', 'restore', 'verify'],
  'Look into files:': ['disk', 'hrl'],
  'Engine:': ['run', 'stop', 'engine', 'support-bundle'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
