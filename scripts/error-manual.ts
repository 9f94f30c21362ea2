/** Writes `docs/errors.md` from the error catalogue: `node scripts/error-manual.ts`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, errorCatalogue } from '../src/contract/error-catalogue.ts';
import { errorMeanings } from '../src/contract/error-meanings.ts';
import { hyperVEvents } from '../src/contract/hyper-v-events.ts';

const root = join(import.meta.dirname, '..');
export const errorManualPath = join(root, 'docs', 'errors.md');

const classWords = {
  recoverable: 'Recoverable: tried again by itself',
  nonRecoverable: 'Non-recoverable: waits for a person',
} as const;

const section = (code: ErrorCode): string => {
  const { title, class: errorClass, nextStep, hyperVEventIds } = errorCatalogue[code];
  const ids = hyperVEventIds.length === 0 ? '' : ` · Hyper-V event ${hyperVEventIds.join(', ')}`;
  return `### ${code}

**${title}.** ${errorMeanings[code]}

${classWords[errorClass]}${ids}

Next: ${nextStep}
`;
};

/** The manual's text. */
export const errorManual = (): string => {
  const codes = (Object.keys(errorCatalogue) as ErrorCode[]).toSorted();
  const events = Object.entries(hyperVEvents).map(([id, text]) => `| ${id} | ${text} |`);
  return `# Errors

Generated from the catalogue (\`src/contract/error-catalogue.ts\`) by \`node scripts/error-manual.ts\`. \`hvrc error CODE\` prints one entry.

A *recoverable* error is tried again after 1, 2, 4, 8 and 10 minutes, then every 30. A *non-recoverable* one makes the VM's health Critical and waits for a person:
\`hvrc retry VM\` once its cause is gone.

Hyper-V's own events, given where it writes one in the same case:

| id | Hyper-V says |
|---|---|
${events.join('\n')}

33414 has no code here: a VM that was not replicated for an hour has the health Warning.

${codes.map(section).join('\n')}`;
};

if (import.meta.main) {
  const text = errorManual();
  const before = readFileSync(errorManualPath, { encoding: 'utf8', flag: 'a+' });
  writeFileSync(errorManualPath, text);
  console.log(before === text ? 'docs/errors.md was up to date.' : 'docs/errors.md is written.');
}
