import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureBuilt, outDirectory } from '../../scripts/product.ts';
import { compressedBytes, initialScripts } from '../support/initial-scripts.ts';

const largestInitialBytes = 300 * 1024;

describe('the built page', () => {
  it('starts with at most 300 KB of compressed JavaScript, without charts, wizard, settings and languages', () => {
    ensureBuilt();
    const directory = join(outDirectory, 'renderer');
    const scripts = initialScripts(directory);
    const bytes = compressedBytes(directory, scripts);
    console.log(`initial JavaScript: ${Math.round(bytes / 1024)} KB gzipped in ${scripts.length} files`);
    expect(scripts.length).toBeGreaterThan(1);
    expect(bytes).toBeLessThanOrEqual(largestInitialBytes);
    const later = readdirSync(join(directory, 'assets')).filter((file) =>
      /^(time-chart|protect-wizard|settings|vm-page)-/.test(file),
    );
    expect(later).toHaveLength(4);
    const languages = readdirSync(join(directory, 'assets')).filter((file) =>
      /^(nl|it|sv|zh-hant)-.*\.js$/.test(file),
    );
    // Of each the words of the page and those of the engine.
    expect(languages).toHaveLength(8);
    expect(scripts.filter((file) => later.includes(file) || languages.includes(file))).toEqual([]);
  });
});
