import { ReplicationError } from '../../contract/errors.ts';
import { readSecret } from './read-secret.ts';
import type { Session } from './session.ts';

const variable = 'HVRC_VAULT_PASSPHRASE';

/** The passphrase of a vault that is to be made: by environment, or typed twice. @throws INPUT_INVALID */
export const newPassphrase = async ({ environment, signal }: Session): Promise<string> => {
  const { env, stdin } = environment;
  const given = env[variable];
  if (given !== undefined && given !== '') return given;
  if (stdin.isTTY !== true) {
    throw new ReplicationError('INPUT_INVALID', `There is no terminal to ask at: set ${variable}.`);
  }
  const question = 'Passphrase for the vault (without it nobody can restore): ';
  const typed = await readSecret(environment, question, signal);
  if (typed === '') throw new ReplicationError('INPUT_INVALID', 'No passphrase was typed.');
  if ((await readSecret(environment, 'The same again: ', signal)) === typed) return typed;
  throw new ReplicationError('INPUT_INVALID', 'The two passphrases differ.');
};

/** Runs `open` with the passphrase of the environment; asks for it where the vault turns out to be encrypted. */
export const withPassphrase = async <T>(
  { environment, signal }: Session,
  open: (given: { readonly passphrase?: string }) => Promise<T>,
): Promise<T> => {
  const { env, stdin } = environment;
  const given = env[variable];
  if (given !== undefined && given !== '') return open({ passphrase: given });
  try {
    return await open({});
  } catch (error) {
    const isNeeded = ReplicationError.from(error).code === 'VAULT_PASSPHRASE_NEEDED';
    if (!isNeeded || stdin.isTTY !== true) throw error;
    const passphrase = await readSecret(environment, 'Passphrase of the vault: ', signal);
    if (passphrase === '') throw error;
    return open({ passphrase });
  }
};
