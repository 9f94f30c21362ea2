import type { TokenCredentialOptions } from '@azure/identity';
import type { Pipeline } from '@azure/storage-blob';

/** A step that each request of the SDK's goes through. */
export type SdkPolicy = NonNullable<TokenCredentialOptions['additionalPolicies']>[number]['policy'];

/**
 * Told of a proxy the SDK does not read the environment, at which it would fail where that holds no URL. It is not used:
 * the agent that `agent-policy.ts` gives to each try goes before it.
 */
export const unreadProxy = { host: 'http://localhost', port: 80 } as const;

/** What of the SDK's pipeline is needed here: it shows nobody a way to a policy within its retries. */
interface WithCore {
  readonly _corePipeline?: { addPolicy(policy: SdkPolicy, options: { readonly afterPhase: 'Retry' }): void };
}

/** Has `policy` see each try of the requests of a client that was made with `pipeline`. */
export const addToTries = (pipeline: Pipeline, policy: SdkPolicy): void => {
  const core = (pipeline as unknown as WithCore)._corePipeline;
  if (core === undefined) throw new Error('The storage SDK has no pipeline where it used to have one.');
  core.addPolicy(policy, { afterPhase: 'Retry' });
};
