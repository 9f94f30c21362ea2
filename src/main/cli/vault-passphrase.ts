import { ReplicationError } from '../../contract/errors.ts';
import type { Session } from './session.ts';

const variable = 'HVRC_VAULT_PASSPHRASE';

/** The passphrase of a vault that is to be made: by environment, or typed twice. @throws INPUT_INVALID */
export const newPassphrase = async ({ environment }: Session): Promise<string> => {
  const { env, askSecret } = environment;
  const given = env[variable];
  if (given !== undefined && given !== '') return given;
  if (askSecret === undefined) {
    throw new ReplicationError('INPUT_INVALID', `There is no terminal to ask at: set ${variable}.`);
  }
  const typed = await askSecret('Passphrase for the vault (without it nobody can restore): ');
  if ((await askSecret('The same again: ')) === typed) return typed;
  throw new ReplicationError('INPUT_INVALID', 'The two passphrases differ.');
};

/** Runs `open` with the passphrase of the environment; asks for it where the vault turns out to be encrypted. */
export const withPassphrase = async <T>(
  { environment }: Session,
  open: (given: { readonly passphrase?: string }) => Promise<T>,
): Promise<T> => {
  const { env, askSecret } = environment;
  const given = env[variable];
  if (given !== undefined && given !== '') return open({ passphrase: given });
  try {
    return await open({});
  } catch (error) {
    const isNeeded = ReplicationError.from(error).code === 'VAULT_PASSPHRASE_NEEDED';
    if (!isNeeded || askSecret === undefined) throw error;
  }
  return open({ passphrase: await askSecret('Passphrase of the vault: ') });
};
