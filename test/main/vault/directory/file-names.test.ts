import { describe, expect, it } from 'vitest';
import {
  replicaFileName,
  safeFileName,
  vmFolderName,
} from '../../../../src/main/vault/directory/file-names.ts';

describe('A name in a directory vault', () => {
  it.each(['x'.repeat(300), '日'.repeat(120), '😀'.repeat(80), `${'é'.repeat(99)}😀😀`])(
    'fits into what Windows and POSIX allow, with every suffix and no half character',
    (name) => {
      for (const made of [
        `${replicaFileName(`${name}.vhdx`, [])}.partial`,
        `${vmFolderName(name, 'a6e1d52e-0000-4000-8000-000000000000', [safeFileName(name)])}`,
      ]) {
        expect(made.length).toBeLessThanOrEqual(255);
        expect(Buffer.byteLength(made)).toBeLessThanOrEqual(255);
        expect(made.isWellFormed()).toBe(true);
      }
    },
  );

  it('is kept as it is where every system takes it', () => {
    expect(safeFileName('Büro 1 (日本)')).toBe('Büro 1 (日本)');
    expect(safeFileName('a:b/c')).toBe('a_b_c');
    expect(safeFileName('con')).toBe('_con');
  });
});
