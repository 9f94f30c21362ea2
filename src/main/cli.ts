#!/usr/bin/env node
/** The door for scripts and terminals: `hvrc`. Imports nothing before it knows that this Node.js can run the rest. */

const oldestNode = 24;

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()));

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(
    `hvrc: This is Node.js ${process.versions.node}; ${oldestNode} or newer is needed. [RUNTIME_UNSUPPORTED]\n` +
      'Next: Start it through npm, which brings the right version: npm run --silent hvrc -- ARGS\n',
  );
  process.exit(1);
}

// A reader that has seen enough, like `head`, closes the pipe: that is no failure of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });

const { runCli } = await import('./cli/program.ts');
const { systemEnvironment } = await import('./cli/system-environment.ts');
const exitCode = await runCli(process.argv.slice(2), systemEnvironment());
await Promise.all([written(process.stdout), written(process.stderr)]);
process.exit(exitCode);
