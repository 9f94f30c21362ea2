import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSampleSite, type SampleOptions } from '../../../src/main/sample/sample-site.ts';

/** A sample site for all tests of a file: it takes a second and 300 MB. */
export const makeSite = async (options: SampleOptions = {}): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), 'sample-site-'));
  await createSampleSite(directory, options);
  return directory;
};

export const removeSite = (directory: string): void => rmSync(directory, { recursive: true, force: true });
