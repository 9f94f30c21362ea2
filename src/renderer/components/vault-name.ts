import { t } from '../i18n/words.ts';

/** As the contract wants it. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u;

/** What is wrong with a vault's name beside those that are `taken`; null when nothing is, or nothing was typed yet. */
export const vaultNameProblem = (name: string, taken: readonly string[]): string | null => {
  if (name === '') return null;
  if (!namePattern.test(name)) return t('vaultForm.nameInvalid');
  const isTaken = taken.some((known) => known.toLowerCase() === name.toLowerCase());
  return isTaken ? t('vaultForm.nameTaken') : null;
};
