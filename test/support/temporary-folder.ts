import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

/** A function that gives each test of the file its own new folder, removed after the test. */
export const temporaryFolder = (): ((...parts: readonly string[]) => string) => {
  let folder: string | null = null;
  afterEach(() => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
    folder = null;
  });
  return (...parts) => {
    folder ??= mkdtempSync(join(tmpdir(), 'hvrc-test-'));
    return join(folder, ...parts);
  };
};

/** The same under its first name, which the linter takes for a React hook. */
export const useTemporaryFolder = temporaryFolder;
