/** What counts as a server's name, a mail address, a service's address: one answer for schemas and for forms. */

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether a host name means this machine, so that nobody can listen on the way. */
export const isLoopbackHost = (host: string): boolean => loopback.test(host);

/** A name or an IP address, without port. */
export const isHostName = (text: string): boolean =>
  text.length <= 253 && /^([\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}])?|[\da-f:]*:[\da-f:.]+)$/iu.test(text);

/** `name@domain`: no display name, nothing that could end a header. */
export const isMailAddress = (text: string): boolean =>
  text.length <= 254 && /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/u.test(text);

export type AddressProblem = 'notAnAddress' | 'notHttps' | 'hasSignIn';

/** What is wrong with the address of a web service. @param plain whether http is allowed beyond this machine */
export const addressProblem = (text: string, plain = false): AddressProblem | null => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'notAnAddress';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'notAnAddress';
  if (url.username !== '' || url.password !== '') return 'hasSignIn';
  return url.protocol === 'http:' && !plain && !isLoopbackHost(url.hostname) ? 'notHttps' : null;
};
