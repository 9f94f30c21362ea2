import { readFileSync } from 'node:fs';
import type { IdentityPlugin } from '@azure/identity';
import { writeFileAtomically } from '../../platform/durable.ts';
import { errnoOf } from '../../platform/positional-io.ts';

/** What the identity library keeps its tokens in, as it hands it over. */
interface CacheAccess {
  readonly cacheHasChanged: boolean;
  readonly tokenCache: { serialize(): string; deserialize(text: string): void };
}

interface PluginContext {
  readonly cachePluginControl: {
    setPersistence(
      provider: (options?: { readonly name?: string }) => Promise<{
        beforeCacheAccess(access: CacheAccess): Promise<void>;
        afterCacheAccess(access: CacheAccess): Promise<void>;
      }>,
    ): void;
  };
}

const ownerOnly = 0o600;

const readCache = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
};

/**
 * Keeps the tokens of a person's sign-in in a file of the data directory, which only its owner may read, so that the
 * engine's threads share them and the next start needs no new sign-in. The cache's name is the file's path.
 */
export const keepTokens = ((context: unknown) => {
  (context as PluginContext).cachePluginControl.setPersistence(async (options) => {
    const path = options?.name ?? '';
    return {
      beforeCacheAccess: async ({ tokenCache }) => {
        const text = readCache(path);
        if (text !== null) tokenCache.deserialize(text);
      },
      afterCacheAccess: async ({ cacheHasChanged, tokenCache }) => {
        if (cacheHasChanged) writeFileAtomically(path, tokenCache.serialize(), ownerOnly);
      },
    };
  });
}) as IdentityPlugin;
