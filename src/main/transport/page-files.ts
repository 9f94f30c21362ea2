import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** The hash of no text at all: lets the page make empty style elements, which it fills rule by rule. */
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** Nothing but the page's own files runs or is loaded; no other page may frame it. */
const securityHeaders = {
  'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self' ${emptyStyle}; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export interface PageFile {
  readonly status: 200 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Folders below the built page and names in them: no dots at the start, so no way out. */
const safePath = /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;

/** A file of the built page by its URL path; `/` is the page itself. Anything that is not one of its files is a 404. */
export const readPageFile = async (rendererDirectory: string, urlPath: string): Promise<PageFile> => {
  const path = urlPath === '/' ? '/index.html' : urlPath;
  const contentType = contentTypes[extname(path)];
  if (!safePath.test(path) || contentType === undefined) return notFound;
  try {
    const body = new Uint8Array(await readFile(join(rendererDirectory, ...path.slice(1).split('/'))));
    const caching = path.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-store';
    return {
      status: 200,
      headers: { ...securityHeaders, 'content-type': contentType, 'cache-control': caching },
      body,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return notFound;
    throw error;
  }
};

const notFound: PageFile = {
  status: 404,
  headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' },
  body: new TextEncoder().encode('There is no such page.\n'),
};
