import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/product.ts';

interface BuilderConfig {
  readonly [part: string]: unknown;
  readonly asarUnpack: readonly string[];
  readonly electronFuses: Readonly<Record<string, boolean>>;
}

/** electron-builder's own reading and checking of its configuration; it has no types of its own for this. */
const readConfig = async (): Promise<BuilderConfig> => {
  const place = join(projectRoot, 'node_modules/app-builder-lib/out/util/config/config.js');
  const { getConfig, validateConfiguration } = (await import(place)) as {
    getConfig(directory: string, path: string, options: null): Promise<BuilderConfig>;
    validateConfiguration(config: BuilderConfig, logger: { isEnabled: boolean }): Promise<void>;
  };
  const config = await getConfig(projectRoot, 'electron-builder.yml', null);
  await validateConfiguration(config, { isEnabled: false });
  return config;
};

describe('the packages', () => {
  it('have a configuration that electron-builder accepts, and not one with a word it does not know', async () => {
    expect(await readConfig()).toMatchObject({ appId: 'org.hyperv-replica-console', npmRebuild: false });
  });

  it('set the fuses that keep the program from being turned into another', async () => {
    expect((await readConfig()).electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      onlyLoadAppFromAsar: true,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
    });
  });

  it('leave every native module that the product loads outside the archive', async () => {
    const { asarUnpack } = await readConfig();
    const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
      dependencies: Readonly<Record<string, string>>;
    };
    const native = Object.keys(dependencies).filter(
      (name) => globSync(`node_modules/${name}{,-linux*,-win32*}/**/*.node`, { cwd: projectRoot }).length > 0,
    );
    expect(native).toContain('better-sqlite3');
    for (const name of native) {
      const [scope] = name.split('/');
      expect(asarUnpack, name).toContain(`node_modules/${name.startsWith('@') ? scope : name}/**`);
    }
  });

  it('have their pictures', () => {
    for (const file of [
      'icon.ico',
      'icons/512x512.png',
      'tray/normal.ico',
      'tray/warning@2x.png',
      'tray/critical.png',
    ])
      expect(existsSync(join(projectRoot, 'resources', file)), file).toBe(true);
    const icon = readFileSync(join(projectRoot, 'resources/icon.ico'));
    // Header, then an entry for each size with where its picture lies.
    const sizes = Array.from({ length: icon.readUInt16LE(4) }, (_each, index) => {
      const at = 6 + 16 * index;
      expect(icon.readUInt32LE(at + 8) + icon.readUInt32LE(at + 12)).toBeLessThanOrEqual(icon.length);
      return icon[at] || 256;
    });
    expect(sizes).toEqual([16, 20, 24, 32, 40, 48, 64, 256]);
  });
});
