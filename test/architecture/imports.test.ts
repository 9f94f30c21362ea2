import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkImports, checkSourceTree, findCycles, importsOf, roomOf } from '../../scripts/import-rules.ts';

const reasons = (file: string, code: string) => checkImports(file, code).map(({ reason }) => reason);

describe('the direction of imports', () => {
  it('is kept by every source file, without circles', () => {
    const { files, problems } = checkSourceTree(dirname(dirname(import.meta.dirname)));
    expect(problems).toEqual([]);
    expect(files).toBeGreaterThan(5);
  });

  it.each([
    ['main/disk/vhd/vhd-disk.ts', '../../hrl/log-writer.ts', 'disk may not import hrl'],
    ['main/hrl/log-writer.ts', '../store/store.ts', 'hrl may not import store'],
    ['main/store/store.ts', '../disk/open-disk.ts', 'store may not import disk'],
    ['main/vault/directory/vault.ts', '../../workers/protocol.ts', 'vault may not import workers'],
    ['main/replication/plan.ts', '../console/console.ts', 'replication may not import console'],
    ['main/transport/socket.ts', '../agent.ts', 'transport may not import doors'],
    ['main/replication/plan.ts', '../sample/sample-site.ts', 'replication may not import sample'],
    ['main/console/console.ts', '../../../test/support/random.ts', 'console may not import ..'],
    ['contract/model.ts', '../main/platform/clock.ts', 'contract may not import platform'],
    ['renderer/views/overview.tsx', '../../main/console/console.ts', 'renderer may not import console'],
    ['preload/index.ts', '../main/transport/ipc.ts', 'preload may not import transport'],
  ])('refuses that src/%s imports %s', (file, specifier, reason) => {
    expect(reasons(file, `import { x } from '${specifier}';`)).toEqual([reason]);
    expect(reasons(file, `import type { X } from '${specifier}';`)).toEqual([reason]);
    expect(reasons(file, `export { x } from '${specifier}';`)).toEqual([reason]);
    expect(reasons(file, `const x = await import('${specifier}');`)).toEqual([reason]);
  });

  it.each([
    ['main/hrl/log-writer.ts', '../disk/open-disk.ts'],
    ['main/replication/plan.ts', '../store/store.ts'],
    ['main/agent.ts', './transport/websocket.ts'],
    ['main/console/product-version.ts', '../../../package.json'],
    ['main/cli/commands/status.ts', '../../transport/socket.ts'],
    ['renderer/views/overview.tsx', '../../contract/model.ts'],
  ])('lets src/%s import %s', (file, specifier) => {
    expect(reasons(file, `import { x } from '${specifier}';`)).toEqual([]);
  });

  it('keeps the database to the store, and Node.js out of the page', () => {
    expect(reasons('main/replication/plan.ts', `import Database from 'better-sqlite3';`)).toHaveLength(1);
    expect(reasons('main/store/store.ts', `import Database from 'better-sqlite3';`)).toEqual([]);
    expect(reasons('renderer/main.tsx', `import { readFileSync } from 'node:fs';`)).toHaveLength(1);
    expect(reasons('main/disk/open-disk.ts', `import { app } from 'electron';`)).toHaveLength(1);
  });

  it('keeps raw channels to the transport and the preload', () => {
    expect(reasons('main/index.ts', `import { app, ipcMain } from 'electron';`)).toHaveLength(1);
    expect(reasons('main/index.ts', `import { app } from 'electron';`)).toEqual([]);
    expect(reasons('main/transport/ipc.ts', `import { ipcMain } from 'electron';`)).toEqual([]);
    expect(reasons('preload/other.ts', `import { ipcRenderer } from 'electron';`)).toHaveLength(1);
  });

  it('wants a place for every new room', () => {
    expect(reasons('main/attic/box.ts', `import { x } from '../disk/open-disk.ts';`)).toEqual([
      'the room “attic” has no place in scripts/import-rules.ts',
    ]);
    expect(roomOf('main/attic/box.ts')).toBe('attic');
  });

  it('finds every kind of import in a file with markup', () => {
    const code = `import type { A } from './a.ts'; type B = import('./b.ts').B; export { c } from './c.ts';
      const D = () => <div>{import('./d.ts')}</div>; import './e.css';`;
    expect(importsOf(code, 'view.tsx').map(({ specifier }) => specifier)).toEqual([
      './a.ts',
      './b.ts',
      './c.ts',
      './d.ts',
      './e.css',
    ]);
  });

  it('finds a circle of three files', () => {
    const graph = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts', 'd.ts']],
      ['c.ts', ['a.ts']],
      ['d.ts', []],
    ]);
    expect(findCycles(graph)).toEqual([['a.ts', 'b.ts', 'c.ts', 'a.ts']]);
    expect(findCycles(new Map([['a.ts', ['d.ts']]]))).toEqual([]);
  });
});
