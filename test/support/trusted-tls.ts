import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach } from 'vitest';

const folder = join(import.meta.dirname, '../fixtures/tls');

/** A certificate for localhost and 127.0.0.1 that no machine trusts by itself, and its key. */
export const localCertificate = {
  cert: readFileSync(join(folder, 'localhost.crt'), 'utf8'),
  key: readFileSync(join(folder, 'localhost.key'), 'utf8'),
} as const;

/** A function that makes this process trust that certificate until the test ends, as `NODE_EXTRA_CA_CERTS` would. */
export const trustedTls = (): (() => void) => {
  const before = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(before));
  return () => setDefaultCACertificates([...before, localCertificate.cert]);
};
