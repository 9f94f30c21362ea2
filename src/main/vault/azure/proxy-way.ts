import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ReplicationError } from '../../../contract/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** In a worker thread of Windows the names have the case that they were set in. */
const setIn = (env: Environment, name: string): string | undefined =>
  env[name.toLowerCase()] || env[name] || undefined;

/**
 * The proxy that a request to `url` goes through, as it is to be asked, credentials included; null when it goes straight there.
 *
 * | request                              | goes                                                          |
 * |--------------------------------------|---------------------------------------------------------------|
 * | http: a service on this machine      | straight: no proxy reaches it                                 |
 * | https, its host in `NO_PROXY`        | straight                                                      |
 * | https                                | through `HTTPS_PROXY`, else `ALL_PROXY`, else straight        |
 *
 * An entry of `NO_PROXY` is `*`, or a host, which stands for everything below it as well, with a port if need be.
 * @throws ReplicationError `PROXY_FAILED` when the variable is no address of a proxy; without a word of what it holds
 */
export const proxyOf = (url: string, env: Environment = process.env): URL | null => {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return null;
  const name = ['HTTPS_PROXY', 'ALL_PROXY'].find((each) => setIn(env, each) !== undefined);
  if (name === undefined) return null;
  const exceptions = (setIn(env, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (exceptions.some((entry) => covers(entry.toLowerCase(), hostname, port || '443'))) return null;
  return parseProxy(name, setIn(env, name) ?? '');
};

const covers = (entry: string, hostname: string, port: string): boolean => {
  if (entry === '*') return true;
  const [, host = '', ofPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (ofPort !== undefined && ofPort !== port) return false;
  return hostname === host || hostname.endsWith(`.${host}`);
};

const parseProxy = (name: string, text: string): URL => {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  const isProxy = url !== null && /^https?:$/.test(url.protocol) && isDecodable(url);
  if (isProxy) return url;
  const what = 'is not the address of an http proxy, like http://proxy.example:8080';
  throw new ReplicationError('PROXY_FAILED', `The environment variable ${name} ${what}.`);
};

/** What is not, as a % that nobody encoded, cannot be sent as name and password either. */
const isDecodable = ({ username, password }: URL): boolean => {
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
};

/** The proxy's address as it may be shown; null when a request to `url` goes straight there, or `url` is none. */
export const shownProxyOf = (url: string): string | null =>
  URL.canParse(url) ? (proxyOf(url)?.origin ?? null) : null;

const straight = {
  'http:': new Agent({ keepAlive: true }),
  'https:': new HttpsAgent({ keepAlive: true }),
} as const;
const throughProxy = new Map<string, HttpsAgent>();

/** An agent that no proxy is between, whatever the environment says. */
export const straightAgent = (url: string): Agent =>
  new URL(url).protocol === 'https:' ? straight['https:'] : straight['http:'];

/**
 * The agent for requests to `url`, which keeps their connections: one for each proxy, whoever sends them.
 * @throws ReplicationError `PROXY_FAILED`
 */
export const agentFor = (url: string): Agent => {
  const proxy = proxyOf(url);
  if (proxy === null) return straightAgent(url);
  const known = throughProxy.get(proxy.href);
  if (known !== undefined) return known;
  const agent = new HttpsAgent({ keepAlive: true, proxyEnv: { HTTPS_PROXY: proxy.href } });
  throughProxy.set(proxy.href, agent);
  return agent;
};
