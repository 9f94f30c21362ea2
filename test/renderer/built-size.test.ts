import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ensureBuilt, outDirectory } from '../../scripts/product.ts';

const largestInitialBytes = 300 * 1024;

/** The scripts that run before the first view is there: the page's own, and all they import at once. */
const initialScripts = (directory: string): readonly string[] => {
  const html = readFileSync(join(directory, 'index.html'), 'utf8');
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    const code = readFileSync(join(directory, 'assets', file), 'utf8');
    for (const [, imported] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
      if (imported !== undefined) visit(imported);
  };
  for (const [, file] of html.matchAll(/assets\/([\w.-]+\.js)/g)) if (file !== undefined) visit(file);
  return [...found];
};

describe('the built page', () => {
  it('starts with at most 300 KB of compressed JavaScript, without charts, wizard and settings', () => {
    ensureBuilt();
    const directory = join(outDirectory, 'renderer');
    const scripts = initialScripts(directory);
    const bytes = scripts.reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(directory, 'assets', file))).length,
      0,
    );
    console.log(`initial JavaScript: ${Math.round(bytes / 1024)} KB gzipped in ${scripts.length} files`);
    expect(scripts.length).toBeGreaterThan(1);
    expect(bytes).toBeLessThanOrEqual(largestInitialBytes);
    const later = readdirSync(join(directory, 'assets')).filter((file) =>
      /^(cycle-chart|protect-wizard|settings|vm-page)-/.test(file),
    );
    expect(later).toHaveLength(4);
    expect(scripts.filter((file) => later.includes(file))).toEqual([]);
  });
});
