import type { ErrorCode } from '../../contract/error-catalogue.ts';
import { ReplicationError } from '../../contract/errors.ts';

const reasons: Readonly<Record<string, readonly [code: ErrorCode, reason: string]>> = {
  ENOTFOUND: ['ALERT_UNREACHABLE', 'its name is not known'],
  EAI_AGAIN: ['ALERT_UNREACHABLE', 'its name cannot be looked up now'],
  EDNS: ['ALERT_UNREACHABLE', 'its name is not known'],
  ECONNREFUSED: ['ALERT_UNREACHABLE', 'it refused the connection'],
  ECONNRESET: ['ALERT_UNREACHABLE', 'it closed the connection'],
  EPIPE: ['ALERT_UNREACHABLE', 'it closed the connection'],
  ECONNECTION: ['ALERT_UNREACHABLE', 'it closed the connection'],
  EHOSTUNREACH: ['ALERT_UNREACHABLE', 'no way leads there'],
  ENETUNREACH: ['ALERT_UNREACHABLE', 'no way leads there'],
  ETIMEDOUT: ['ALERT_UNREACHABLE', 'it did not answer in time'],
  ABORT_ERR: ['ALERT_UNREACHABLE', 'it did not answer in time'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['ALERT_UNTRUSTED', 'its certificate is self-signed'],
  SELF_SIGNED_CERT_IN_CHAIN: ['ALERT_UNTRUSTED', 'its certificate is of an unknown authority'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['ALERT_UNTRUSTED', 'its certificate is of an unknown authority'],
  UNABLE_TO_GET_ISSUER_CERT: ['ALERT_UNTRUSTED', 'its certificate is of an unknown authority'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['ALERT_UNTRUSTED', 'its certificate is of an unknown authority'],
  CERT_HAS_EXPIRED: ['ALERT_UNTRUSTED', 'its certificate has expired'],
  CERT_NOT_YET_VALID: ['ALERT_UNTRUSTED', 'its certificate is not valid yet'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['ALERT_UNTRUSTED', 'its certificate is for another name'],
  ETLS: ['ALERT_UNTRUSTED', 'it offers no encryption'],
};

/** A failed connection as a catalogued error. @param server what people call it: `the mail server mail.example.org:465` */
export const networkError = (server: string, thrown: unknown): ReplicationError => {
  const { code, message } = describe(thrown);
  const [known, reason] = reasons[code] ?? unlisted(code, message);
  return new ReplicationError(known, `${capital(server)} cannot be used: ${reason}.`, { cause: message });
};

/** OpenSSL has a code for each thing that can be wrong with a handshake. */
const unlisted = (code: string, message: string): readonly [ErrorCode, string] =>
  /^ERR_(SSL|TLS)|CERT/.test(code) || code === 'EPROTO'
    ? ['ALERT_UNTRUSTED', 'it does not speak TLS as it must']
    : ['ALERT_UNREACHABLE', message.replace(/\.$/, '')];

const describe = (thrown: unknown): { readonly code: string; readonly message: string } => {
  if (!(thrown instanceof Error)) return { code: '', message: String(thrown) };
  // Tried on several addresses, or through a library that has a code of its own: the system's says more.
  const [first] = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : [];
  if (first instanceof Error) return describe(first);
  const { code, originalCode } = thrown as { code?: unknown; originalCode?: unknown };
  return { code: String(originalCode ?? code ?? ''), message: thrown.message };
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
