import type { ErrorReport } from '../../contract/errors.ts';

/** Beside which field of the form a refusal of the engine belongs. */
export type BlamedPart = 'name' | 'directory' | 'container' | 'signIn' | 'passphrase';

/**
 * | the engine said                                  | beside        |
 * |--------------------------------------------------|---------------|
 * | the name is taken                                | the name      |
 * | anything else of a directory                     | the directory |
 * | the passphrase is needed or wrong, or too short  | the passphrase |
 * | no such container or vault, or a foreign one     | the container |
 * | the rest: no answer, refused, not usable         | the sign-in   |
 */
export const blamedPart = (
  { code, message }: Pick<ErrorReport, 'code' | 'message'>,
  kind: 'directory' | 'azure',
  name: string,
): BlamedPart => {
  if (code === 'VAULT_NAME_TAKEN' && message.includes(`"${name}"`)) return 'name';
  if (kind === 'directory') return 'directory';
  switch (code) {
    case 'VAULT_PASSPHRASE_NEEDED':
    case 'VAULT_PASSPHRASE_WRONG':
      return 'passphrase';
    case 'VAULT_NAME_TAKEN':
    case 'VAULT_NOT_FOUND':
    case 'VAULT_FOREIGN':
    case 'VAULT_UNSUPPORTED':
    case 'VAULT_CORRUPT':
      return 'container';
    default:
      return 'signIn';
  }
};
