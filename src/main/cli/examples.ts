/** The examples that end a command's help. */
export const examples = (...commandLines: readonly string[]): string =>
  `\nExample${commandLines.length === 1 ? '' : 's'}:\n${commandLines.map((line) => `  $ hvrc ${line}`).join('\n')}\n`;
