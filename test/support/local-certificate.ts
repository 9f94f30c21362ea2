import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../fixtures/tls');

export const localCertificateFile = join(folder, 'localhost.crt');
export const localKeyFile = join(folder, 'localhost.key');

/** A certificate for localhost and 127.0.0.1 that no machine trusts by itself, and its key. */
export const localCertificate = {
  cert: readFileSync(localCertificateFile, 'utf8'),
  key: readFileSync(localKeyFile, 'utf8'),
} as const;
