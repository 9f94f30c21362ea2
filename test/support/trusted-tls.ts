import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach } from 'vitest';
import { localCertificate } from './local-certificate.ts';

/** A function that makes this process trust the local certificate until the test ends, as `NODE_EXTRA_CA_CERTS` would. */
export const trustedTls = (): (() => void) => {
  const before = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(before));
  return () => setDefaultCACertificates([...before, localCertificate.cert]);
};
