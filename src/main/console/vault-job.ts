import type { StepText } from '../../contract/engine-phrases.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { ConsoleContext } from './console-context.ts';

/** How the job of a vault's change is told: its one step, and the event of its success. */
interface ChangeWords {
  readonly step: StepText;
  done(vault: { readonly name: string; readonly target: string }): string;
}

const known = ({ name, target }: { readonly name: string; readonly target: string }): string =>
  `The vault "${name}" at ${target} is known from now on.`;

export const addWords: ChangeWords = { step: 'Open the vault, or make it', done: known };
export const openWords: ChangeWords = { step: 'Open the vault', done: known };
export const signInWords: ChangeWords = {
  step: 'Try the sign-in',
  done: ({ name }) => `The vault "${name}" has another sign-in.`,
};
export const renameWords = (former: string): ChangeWords => ({
  step: 'Rename the vault',
  done: ({ name }) => `The vault "${former}" is called "${name}" from now on.`,
});
export const removeWords: ChangeWords = {
  step: 'Forget the vault',
  done: ({ name, target }) => `The vault "${name}" is known no more; what is at ${target} stays there.`,
};

/** Changes what is known of a vault, as a job that is shown; the request waits for it. @throws what `work` throws */
export const asVaultJob = async <T>(
  { jobs, events }: ConsoleContext,
  { step, done }: ChangeWords,
  vault: { readonly name: string; readonly target: string },
  work: () => Promise<T>,
): Promise<T> => {
  const { name, target } = vault;
  const job = jobs.create('vault', '', name, [step]);
  job.running();
  try {
    const answer = await job.step(step, work);
    job.succeed({ kind: 'vault', vault: name, target });
    events.info(done(vault));
    return answer;
  } catch (thrown) {
    const error = ReplicationError.from(thrown);
    job.fail(error);
    throw error;
  }
};
