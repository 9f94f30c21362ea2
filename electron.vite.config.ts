import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const source = join(import.meta.dirname, 'src');

/** Worker threads are started by file name, so each module of the room keeps a file of its own. */
const workers = Object.fromEntries(
  globSync('main/workers/**/*.ts', { cwd: source }).map((file) => [
    relative('main', file).replaceAll('\\', '/').replace(/\.ts$/, ''),
    join(source, file),
  ]),
);

const doors = Object.fromEntries(
  ['index', 'agent', 'cli'].map((door) => [door, join(source, `main/${door}.ts`)]),
);

export default defineConfig({
  main: {
    build: {
      rollupOptions: {
        input: { ...doors, ...workers },
        output: { entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      rollupOptions: {
        input: join(source, 'preload/index.ts'),
        // A sandboxed preload script can only be CommonJS.
        output: { format: 'cjs', entryFileNames: 'index.cjs' },
      },
    },
  },
  renderer: {
    root: join(source, 'renderer'),
    plugins: [react()],
    build: {
      rollupOptions: { input: join(source, 'renderer/index.html') },
      minify: true,
    },
  },
});
