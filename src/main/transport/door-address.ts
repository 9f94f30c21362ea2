import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ReplicationError } from '../../contract/errors.ts';

/** PEM texts: the certificate, with its chain, and its private key. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** Where an agent listens, how its links begin, and which `Host` it answers to. */
export interface DoorAddress {
  readonly bind: string;
  readonly scheme: 'http' | 'https';
  readonly tls: TlsIdentity | null;
  /** The name in the agent's own links. */
  readonly linkHost: string;
  /** Whether a `Host` header names this agent; `port` is the one it listens on. */
  isOurs(hostHeader: string | undefined, port: number): boolean;
}

export const loopbackAddress = '127.0.0.1';
const loopbackNames = [loopbackAddress, 'localhost', '[::1]'];
const wildcards = ['0.0.0.0', '::'];

const isLoopback = (bind: string): boolean =>
  bind === 'localhost' || bind === '::1' || (isIP(bind) === 4 && bind.startsWith('127.'));

const inLink = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/**
 * The address of an agent. Beyond this machine it must be TLS, and then only names that the certificate is for are
 * answered to.
 * @throws ReplicationError `INPUT_INVALID`
 */
export const doorAddress = (bind = loopbackAddress, tls: TlsIdentity | null = null): DoorAddress => {
  if (tls === null) {
    if (!isLoopback(bind)) {
      throw new ReplicationError(
        'INPUT_INVALID',
        `Without TLS the agent listens on this machine only, not on ${bind}: give it --tls-cert and --tls-key, or tunnel to ${loopbackAddress}.`,
      );
    }
    const names = [...loopbackNames, inLink(bind)];
    return {
      bind,
      scheme: 'http',
      tls,
      linkHost: inLink(bind),
      isOurs: (header, port) => names.some((name) => header === `${name}:${port}`),
    };
  }
  const certificate = readIdentity(tls);
  const isFor = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  const linkHost = wildcards.includes(bind) ? firstName(certificate) : bind;
  if (!isLoopback(linkHost) && !isFor(linkHost))
    throw new ReplicationError('INPUT_INVALID', `The certificate is not for ${linkHost}.`);
  return {
    bind,
    scheme: 'https',
    tls,
    linkHost: inLink(linkHost),
    isOurs: (header = '', port) => {
      // Browsers leave out the port that the scheme implies.
      const named = header.endsWith(`:${port}`) ? header.slice(0, -`:${port}`.length) : header;
      if (named === header && port !== 443) return false;
      return loopbackNames.includes(named) || isFor(named.replace(/^\[(.*)\]$/, '$1'));
    },
  };
};

const readIdentity = ({ certificate, key }: TlsIdentity): X509Certificate => {
  let parsed: X509Certificate;
  let fits: boolean;
  try {
    parsed = new X509Certificate(certificate);
    fits = parsed.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new ReplicationError('INPUT_INVALID', 'The certificate or its key is not a readable PEM file.', {
      cause,
    });
  }
  if (!fits) throw new ReplicationError('INPUT_INVALID', 'The key is not the key of the certificate.');
  return parsed;
};

/** A name that the certificate is for, to be reached by. */
const firstName = ({ subjectAltName = '' }: X509Certificate): string =>
  /(?:DNS|IP Address):([^*,\s]+)/.exec(subjectAltName)?.[1] ?? hostname();
