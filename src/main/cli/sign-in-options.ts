import { type Command, InvalidArgumentError } from 'commander';
import { ReplicationError } from '../../contract/errors.ts';
import type { SignIn } from '../../contract/sign-in.ts';
import { formatTime } from './format.ts';
import { readSecret } from './read-secret.ts';
import type { Session } from './session.ts';

const ways = [
  'connection-string',
  'key',
  'sas',
  'entra-environment',
  'entra-device-code',
  'managed-identity',
] as const;
type Way = (typeof ways)[number];

export interface SignInOptions {
  readonly account?: string;
  readonly signIn?: Way;
}

export const signInHelp = `
A storage account (azure:CONTAINER) needs a sign-in. Secrets come from the environment or are asked for, never as an
argument:
  connection-string   AZURE_STORAGE_CONNECTION_STRING (the default)
  key                 AZURE_STORAGE_KEY, with --account
  sas                 AZURE_STORAGE_SAS_TOKEN, with --account
  entra-environment   AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH
  entra-device-code   a code to type at another computer (AZURE_TENANT_ID if need be)
  managed-identity    the identity of the Azure machine it runs on (AZURE_CLIENT_ID if it has several)
--account is the account's name, or the host or address of its blob service for another cloud.`;

const way = (text: string): Way => {
  const found = ways.find((known) => known === text);
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${ways.join(', ')}.`);
  return found;
};

export const withSignInOptions = (command: Command): Command =>
  command
    .option('--account <account>', 'storage account, or the address of its blob service')
    .option('--sign-in <way>', `how to sign in: ${ways.join(', ')}`, way)
    .addHelpText('after', signInHelp);

/**
 * The sign-in that options and environment give; undefined when nothing is said of one.
 * @throws ReplicationError `INPUT_INVALID`
 */
export const signInOf = async (session: Session, options: SignInOptions): Promise<SignIn | undefined> => {
  const { env } = session.environment;
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const given = (name: string): string | undefined => (isSet(name) ? env[name] : undefined);
  const kind =
    options.signIn ?? (options.account === undefined ? 'connection-string' : wayOfEnvironment(isSet));
  const secretOf = async (name: string, what: string): Promise<string> => {
    const secret = given(name) ?? (await readSecret(session.environment, `${what}: `, session.signal)).trim();
    if (secret !== '') return secret;
    throw new ReplicationError('INPUT_INVALID', `There is no ${what}; set ${name}, or type it when asked.`);
  };
  if (kind === 'connection-string') {
    if (options.signIn === undefined && !isSet('AZURE_STORAGE_CONNECTION_STRING')) return undefined;
    const connectionString = await secretOf('AZURE_STORAGE_CONNECTION_STRING', 'connection string');
    return { kind: 'connectionString', connectionString };
  }
  const account = options.account ?? given('AZURE_STORAGE_ACCOUNT');
  if (account === undefined) {
    throw new ReplicationError('INPUT_INVALID', 'Name the storage account: --account NAME.');
  }
  const tenantId = given('AZURE_TENANT_ID');
  const clientId = given('AZURE_CLIENT_ID');
  const authorityHost = given('AZURE_AUTHORITY_HOST');
  const authority = authorityHost === undefined ? {} : { authorityHost };
  const tenant = tenantId === undefined ? {} : { tenantId };
  switch (kind) {
    case 'key':
      return { kind: 'accountKey', account, key: await secretOf('AZURE_STORAGE_KEY', 'account key') };
    case 'sas':
      return {
        kind: 'sas',
        account,
        token: await secretOf('AZURE_STORAGE_SAS_TOKEN', 'shared access signature'),
      };
    case 'entra-device-code':
      return { kind: 'deviceCode', account, ...tenant, ...authority };
    case 'managed-identity':
      return { kind: 'managedIdentity', account, ...(clientId === undefined ? {} : { clientId }) };
    case 'entra-environment': {
      if (tenantId === undefined || clientId === undefined) {
        throw new ReplicationError('INPUT_INVALID', 'Set AZURE_TENANT_ID and AZURE_CLIENT_ID.');
      }
      const principal = { kind: 'environment', account, tenantId, clientId, ...authority } as const;
      const path = given('AZURE_CLIENT_CERTIFICATE_PATH');
      if (path !== undefined) return { ...principal, certificatePath: session.path(path) };
      return { ...principal, clientSecret: await secretOf('AZURE_CLIENT_SECRET', 'client secret') };
    }
  }
};

const wayOfEnvironment = (isSet: (name: string) => boolean): Way => {
  if (isSet('AZURE_STORAGE_KEY')) return 'key';
  if (isSet('AZURE_STORAGE_SAS_TOKEN')) return 'sas';
  if (isSet('AZURE_CLIENT_SECRET') || isSet('AZURE_CLIENT_CERTIFICATE_PATH')) return 'entra-environment';
  throw new ReplicationError('INPUT_INVALID', `Say how to sign in: --sign-in ${ways.join('|')}.`);
};

/** Shows the code to type, and until when, while `work` waits for somebody to sign in to the vault. Ctrl-C ends the waiting. */
export const showingCode = async <T>(
  session: Session,
  { name, signIn }: { readonly name: string; readonly signIn?: SignIn | undefined },
  work: () => Promise<T>,
): Promise<T> => {
  if (signIn?.kind !== 'deviceCode') return work();
  const unsubscribe = await session.subscribe((push) => {
    if (push.kind !== 'deviceCode' || push.code.vault !== name) return;
    const { message, expiresAt } = push.code;
    const { stderr, now } = session.environment;
    stderr.write(`${message}\nThe code is good until ${formatTime(expiresAt, now())}.\n`);
  });
  // Who waits is told `CANCELLED`, in an engine elsewhere too.
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const cancel = () => void session.request('vault.signIn.cancel', { name }).catch(reject);
  session.signal.addEventListener('abort', cancel);
  try {
    return await Promise.race([work(), failed]);
  } finally {
    session.signal.removeEventListener('abort', cancel);
    unsubscribe();
  }
};
