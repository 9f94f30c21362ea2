/** How an installation signs in to a storage account: what a person gives, and what is shown of it. */

import { z } from 'zod';

const secret = z.string().trim().min(1).max(4096);
const id = z.string().trim().min(1).max(200);
/** A name of the public cloud, or the host or address of any blob service. */
const account = z.string().trim().min(3).max(300);

/**
 * Secrets go from the door to the engine's secret store, and into nothing that is shown or written down. With
 * `deviceCode` the answer comes when the person has signed in; the code to type comes as a push.
 */
export const signIn = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('connectionString'), connectionString: secret }),
  z.strictObject({ kind: z.literal('accountKey'), account, key: secret }),
  z.strictObject({ kind: z.literal('sas'), account, token: secret }),
  /** A service principal, as the environment names it. */
  z.strictObject({
    kind: z.literal('environment'),
    account,
    tenantId: id,
    clientId: id,
    clientSecret: secret.optional(),
    certificatePath: z.string().min(1).max(4096).optional(),
    authorityHost: z.url().optional(),
  }),
  z.strictObject({
    kind: z.literal('deviceCode'),
    account,
    tenantId: id.optional(),
    authorityHost: z.url().optional(),
  }),
  z.strictObject({ kind: z.literal('managedIdentity'), account, clientId: id.optional() }),
]);
export type SignIn = z.infer<typeof signIn>;

export const signInKinds = [
  'accountKey',
  'sas',
  'environment',
  'deviceCode',
  'managedIdentity',
] as const satisfies readonly SignIn['kind'][];

/** What is shown of a sign-in: never a secret. */
export interface SignInReport {
  readonly kind: (typeof signInKinds)[number];
  /** Address of the blob service. */
  readonly account: string;
  /** When it ends; null where it does not, or the service does not say. */
  readonly expiresAt: string | null;
  /** What a signature allows, in words; null for other kinds. */
  readonly permissions: readonly string[] | null;
  /** Set when it ends soon or has ended, one sentence. */
  readonly warning: string | null;
}

/** A person has to type a code into a page to sign in. */
export interface DeviceCode {
  /** Name of the vault that the sign-in is for. */
  readonly vault: string;
  readonly userCode: string;
  readonly verificationUri: string;
  /** When the code ends: nobody can sign in with it from then on. */
  readonly expiresAt: string;
  readonly message: string;
}
