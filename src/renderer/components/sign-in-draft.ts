import type { SignIn } from '../../contract/sign-in.ts';
import type { WordKey } from '../i18n/words.ts';

/** How somebody may sign in to a storage account, the simplest first. */
export const signInWays = [
  'connectionString',
  'accountKey',
  'sas',
  'deviceCode',
  'environment',
  'managedIdentity',
] as const satisfies readonly SignIn['kind'][];
export type SignInWay = (typeof signInWays)[number];

/** What is being typed; what belongs to another way stays, so that changing one's mind loses nothing. */
export interface SignInDraft {
  readonly way: SignInWay;
  readonly connectionString: string;
  readonly account: string;
  readonly key: string;
  readonly token: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}
export type SignInField = Exclude<keyof SignInDraft, 'way'>;

export const emptySignIn: SignInDraft = {
  way: 'connectionString',
  connectionString: '',
  account: '',
  key: '',
  token: '',
  tenantId: '',
  clientId: '',
  clientSecret: '',
};

interface FieldUse {
  readonly field: SignInField;
  readonly optional?: boolean;
}

/** The fields of each way; the last one that must be filled in is where a refused sign-in is told. */
export const fieldsOf: Readonly<Record<SignInWay, readonly FieldUse[]>> = {
  connectionString: [{ field: 'connectionString' }],
  accountKey: [{ field: 'account' }, { field: 'key' }],
  sas: [{ field: 'account' }, { field: 'token' }],
  deviceCode: [{ field: 'account' }, { field: 'tenantId', optional: true }],
  environment: [
    { field: 'account' },
    { field: 'tenantId' },
    { field: 'clientId' },
    { field: 'clientSecret' },
  ],
  managedIdentity: [{ field: 'account' }, { field: 'clientId', optional: true }],
};

const secrets: ReadonlySet<SignInField> = new Set(['connectionString', 'key', 'token', 'clientSecret']);

export const isSecret = (field: SignInField): boolean => secrets.has(field);

/** Where the engine's refusal is shown: at the account when it cannot be reached, else at what was to prove who asks. */
export const blamedField = (way: SignInWay, isUnreachable: boolean): SignInField => {
  const needed = fieldsOf[way].filter(({ optional }) => optional !== true);
  return (isUnreachable ? needed[0] : needed.at(-1))?.field ?? 'account';
};

const namePattern = /^[a-z0-9]{3,24}$/;
const hostPattern = /^[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+$/i;
const tenantPattern = /^[0-9a-z][0-9a-z.-]{2,}$/i;
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const keyPattern = /^[A-Za-z0-9+/]{20,}={0,2}$/;
const loopbackPattern = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const accountProblem = (account: string): WordKey | null => {
  if (namePattern.test(account)) return null;
  if (!account.includes('://')) return hostPattern.test(account) ? null : 'signIn.accountInvalid';
  if (!URL.canParse(account)) return 'signIn.accountInvalid';
  const { protocol, hostname } = new URL(account);
  if (protocol === 'https:' || (protocol === 'http:' && loopbackPattern.test(hostname))) return null;
  return 'signIn.httpsNeeded';
};

const connectionProblem = (text: string): WordKey | null => {
  const names = new Set(text.split(';').map((part) => part.split('=')[0]?.trim().toLowerCase()));
  const isDevelopment = /^usedevelopmentstorage=true$/im.test(text.replaceAll(';', '\n'));
  const hasKey = names.has('accountname') && names.has('accountkey');
  return isDevelopment || hasKey || names.has('sharedaccesssignature') ? null : 'signIn.connectionInvalid';
};

/** The signature alone, where a whole address was pasted. */
const tokenOf = (text: string): string => text.trim().replace(/^[^?]*\?/, '');

const tokenProblem = (text: string, nowMs: number): WordKey | null => {
  const fields = new URLSearchParams(tokenOf(text));
  if (!fields.has('sig') || !fields.has('sv')) return 'signIn.tokenInvalid';
  const endsAtMs = Date.parse(fields.get('se') ?? '');
  return endsAtMs <= nowMs ? 'signIn.tokenEnded' : null;
};

/** What is wrong with a field as far as the page can tell; null when nothing is, or nothing was typed yet. */
export const signInProblem = (draft: SignInDraft, field: SignInField, nowMs: number): WordKey | null => {
  const text = draft[field].trim();
  if (text === '') return null;
  switch (field) {
    case 'connectionString':
      return connectionProblem(text);
    case 'account':
      return accountProblem(text);
    case 'key':
      return keyPattern.test(text) ? null : 'signIn.keyInvalid';
    case 'token':
      return tokenProblem(text, nowMs);
    case 'tenantId':
      return tenantPattern.test(text) ? null : 'signIn.tenantInvalid';
    case 'clientId':
      return idPattern.test(text) ? null : 'signIn.clientInvalid';
    case 'clientSecret':
      return null;
  }
};

/** What the engine is asked with; null while something is missing or wrong. */
export const completeSignIn = (draft: SignInDraft, nowMs: number): SignIn | null => {
  const isReady = fieldsOf[draft.way].every(
    ({ field, optional }) =>
      (optional === true || draft[field].trim() !== '') && signInProblem(draft, field, nowMs) === null,
  );
  if (!isReady) return null;
  const [account, tenantId, clientId] = [draft.account, draft.tenantId, draft.clientId].map((text) =>
    text.trim(),
  ) as [string, string, string];
  switch (draft.way) {
    case 'connectionString':
      return { kind: 'connectionString', connectionString: draft.connectionString.trim() };
    case 'accountKey':
      return { kind: 'accountKey', account, key: draft.key.trim() };
    case 'sas':
      return { kind: 'sas', account, token: tokenOf(draft.token) };
    case 'deviceCode':
      return { kind: 'deviceCode', account, ...(tenantId === '' ? {} : { tenantId }) };
    case 'environment':
      return { kind: 'environment', account, tenantId, clientId, clientSecret: draft.clientSecret.trim() };
    case 'managedIdentity':
      return { kind: 'managedIdentity', account, ...(clientId === '' ? {} : { clientId }) };
  }
};
