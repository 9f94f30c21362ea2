/**
 * The rooms of `src/` and who may import whom: the table that docs/architecture.md shows as a picture. `npm run lint`
 * applies it to every import, type imports included.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { parseAst } from 'vite';

/** Rooms of the engine from the ground up: each may import those before it. */
const engineRooms = ['contract', 'platform', 'block', 'disk', 'hrl', 'host', 'vault', 'workers'] as const;

const engine: readonly string[] = engineRooms;
const upTo = (room: (typeof engineRooms)[number]) => engine.slice(0, engine.indexOf(room) + 1);

/** Room → the rooms it may import, itself included. */
export const roomRules: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(engineRooms.map((room) => [room, upTo(room)])),
  store: ['contract', 'platform', 'store'],
  replication: [...engine, 'store', 'replication'],
  alerts: ['contract', 'platform', 'store', 'alerts'],
  console: [...engine, 'store', 'replication', 'alerts', 'sample', 'console'],
  transport: [...engine, 'store', 'replication', 'alerts', 'console', 'transport'],
  sample: [...upTo('host'), 'sample'],
  doors: [...engine, 'store', 'replication', 'alerts', 'console', 'transport', 'sample', 'desktop', 'doors'],
  desktop: [...engine, 'store', 'replication', 'console', 'transport', 'desktop'],
  preload: ['contract', 'preload'],
  renderer: ['contract', 'renderer'],
};

/** Package → the places (room, or path below `src/`) that may import it. Other packages are free, except below. */
const packagePlaces: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['store'],
  electron: ['main/transport/ipc.ts', 'main/index.ts', 'desktop', 'preload'],
  ws: ['transport', 'doors'],
  nodemailer: ['alerts'],
  'prom-client': ['alerts'],
  react: ['renderer'],
  'react-dom': ['renderer'],
  recharts: ['renderer'],
  zustand: ['renderer'],
  commander: ['doors'],
};

/** Names of `electron` that only these files may import: all other code goes through the typed wrappers. */
const rawChannelNames: Readonly<Record<string, string>> = {
  ipcMain: 'main/transport/ipc.ts',
  ipcRenderer: 'preload/index.ts',
};

/** The one file outside `src/` that code reads: the product's name and version. */
const projectDescription = '../package.json';

/** Rooms that run in the page, or are loaded by it: no module of Node.js exists there. */
const browserRooms = ['contract', 'renderer'];

export interface SourceImport {
  /** As written, e.g. `../disk/vhd/vhd-disk.ts` or `node:fs`. */
  readonly specifier: string;
  readonly names: readonly string[];
}

export interface ImportViolation {
  /** Path below `src/`, with forward slashes. */
  readonly file: string;
  readonly specifier: string;
  readonly reason: string;
}

/** The room of a file below `src/`: the folder of `main/` it lies in; entry files and `cli/` are doors. */
export const roomOf = (file: string): string => {
  const [top, folder, ...rest] = file.split('/');
  if (top !== 'main') return top ?? '';
  return rest.length === 0 || folder === 'cli' ? 'doors' : (folder ?? '');
};

interface SyntaxNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';

/** Every import of a module: static, re-exporting, dynamic, and of types. */
export const importsOf = (code: string, file: string): readonly SourceImport[] => {
  const found: SourceImport[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (!isNode(value)) return;
    const source = value.source;
    if (isNode(source) && typeof source.value === 'string') {
      const specifiers = Array.isArray(value.specifiers) ? value.specifiers.filter(isNode) : [];
      const names = specifiers.flatMap(({ imported }) =>
        isNode(imported) && typeof imported.name === 'string' ? [imported.name] : [],
      );
      found.push({ specifier: source.value, names });
    }
    for (const field of Object.values(value)) visit(field);
  };
  visit(parseAst(code, { lang: file.endsWith('x') ? 'tsx' : 'ts' }, file).body);
  return found;
};

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const resolveImport = (file: string, specifier: string) =>
  posix.join(posix.dirname(file), specifier.split('?')[0]!);

const reasonAgainst = (file: string, { specifier, names }: SourceImport): string | undefined => {
  const room = roomOf(file);
  const allowed = roomRules[room];
  if (allowed === undefined) return `the room “${room}” has no place in scripts/import-rules.ts`;
  if (specifier.startsWith('.')) {
    const path = resolveImport(file, specifier);
    if (path === projectDescription) return undefined;
    const target = roomOf(path);
    return allowed.includes(target) ? undefined : `${room} may not import ${target}`;
  }
  if (specifier.startsWith('node:')) {
    return browserRooms.includes(room) ? `${room} runs in the page, which has no Node.js` : undefined;
  }
  const places = packagePlaces[packageOf(specifier)];
  if (places !== undefined && !places.includes(room) && !places.includes(file)) {
    return `only ${places.join(', ')} may import ${packageOf(specifier)}`;
  }
  const raw = names.find((name) => rawChannelNames[name] !== undefined && rawChannelNames[name] !== file);
  return raw === undefined ? undefined : `only ${rawChannelNames[raw]} may use ${raw}`;
};

/** Imports of one file that the rules forbid. `file` is its path below `src/`. */
export const checkImports = (file: string, code: string): readonly ImportViolation[] =>
  importsOf(code, file).flatMap((found) => {
    const reason = reasonAgainst(file, found);
    return reason === undefined ? [] : [{ file, specifier: found.specifier, reason }];
  });

/** Circles of files that import each other, each as the list of its files; `imports` maps a file to its targets. */
export const findCycles = (
  imports: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] => {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) {
      cycles.push([...trail.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return cycles;
};

/** Applies every rule to the source tree of a project. */
export const checkSourceTree = (root: string): { files: number; problems: readonly string[] } => {
  const source = join(root, 'src');
  const files = globSync('**/*.{ts,tsx}', { cwd: source }).map((file) => file.split(sep).join('/'));
  const problems: string[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const file of files) {
    const code = readFileSync(join(source, file), 'utf8');
    for (const { specifier, reason } of checkImports(file, code)) {
      problems.push(`src/${file} imports ${specifier}: ${reason}`);
    }
    const targets = importsOf(code, file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => resolveImport(file, specifier));
    for (const target of targets) {
      if (!existsSync(join(source, target))) {
        problems.push(`src/${file} imports ${target}, which is not in ${dirname(join('src', target))}`);
      }
    }
    graph.set(file, targets);
  }
  problems.push(
    ...findCycles(graph).map((cycle) => `Files import each other in a circle: ${cycle.join(' → ')}`),
  );
  return { files: files.length, problems };
};
