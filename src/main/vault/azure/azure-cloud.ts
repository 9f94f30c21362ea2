import { ReplicationError } from '../../../contract/errors.ts';
import { checkedEndpoint } from './azure-access.ts';

/** Each cloud has its own suffix of blob services and its own authority for Microsoft Entra ID. */
const authorities = {
  'core.windows.net': 'https://login.microsoftonline.com',
  'core.chinacloudapi.cn': 'https://login.chinacloudapi.cn',
  'core.usgovcloudapi.net': 'https://login.microsoftonline.us',
} as const;

const publicSuffix = 'core.windows.net';

/**
 * The blob service of an account that a person named: by its name in the public cloud, by its host
 * (`shop.blob.core.usgovcloudapi.net`), or by its address.
 * @throws ReplicationError `INPUT_INVALID`
 */
export const endpointOfAccount = (account: string): string => {
  if (/^[a-z0-9]{3,24}$/.test(account)) return `https://${account}.blob.${publicSuffix}`;
  if (account.includes('://')) return checkedEndpoint(account);
  if (/^[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+$/i.test(account)) return checkedEndpoint(`https://${account}`);
  const text = `"${account}" is neither the name of a storage account nor the address of its blob service.`;
  throw new ReplicationError('INPUT_INVALID', text);
};

/** The account's name: the first label of its host, or of the emulator's path. */
export const accountOfEndpoint = (endpoint: string): string => {
  const { hostname, pathname } = new URL(endpoint);
  const inPath = pathname.split('/')[1] ?? '';
  return inPath === '' ? (hostname.split('.')[0] ?? '') : inPath;
};

/** Who signs people in to the cloud that a blob service belongs to. */
export const authorityOf = (endpoint: string): string => {
  const { hostname } = new URL(endpoint);
  const found = Object.entries(authorities).find(([suffix]) => hostname.endsWith(`.${suffix}`));
  return found?.[1] ?? authorities[publicSuffix];
};

/** Whether an authority is one of Microsoft's own clouds, which its library knows by itself. */
export const isKnownAuthority = (authorityHost: string): boolean =>
  Object.values<string>(authorities).includes(authorityHost.replace(/\/+$/, ''));
