import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The scripts of a built page that run before its first view is there: its own, and all they import at once. */
export const initialScripts = (directory: string): readonly string[] => {
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

export const compressedBytes = (directory: string, scripts: readonly string[]): number =>
  scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(directory, 'assets', file))).length, 0);
