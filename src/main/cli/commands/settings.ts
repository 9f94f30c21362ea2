import type { Command } from 'commander';
import type { Settings, SettingsChange } from '../../../contract/settings.ts';
import type { CommandRunner } from '../command-runner.ts';
import { examples } from '../examples.ts';

export const settingsCommands = (program: Command, runner: CommandRunner): void => {
  const settings = program.command('settings').description('show and change the settings of the console');
  settings
    .command('show', { isDefault: true })
    .description('show every setting')
    .addHelpText('after', examples('settings', 'settings --json'))
    .action(() =>
      runner.run(async (session) => {
        const all = await session.request('settings.show', {});
        const text = await describeSettings(all);
        session.output.answer(all, () => text);
        return undefined;
      }),
    );
  settings
    .command('set')
    .description('change one setting')
    .argument('<name>', 'its name, as `settings` shows it')
    .argument('<value>', 'a word, or JSON for numbers, lists and on/off')
    .addHelpText(
      'after',
      examples(
        'settings set resyncWindow.enabled false',
        'settings set resyncWindow.hours.from 20:00',
        `settings set resyncWindow.hours.days '["mon","tue","wed","thu","fri"]'`,
      ),
    )
    .action((name: string, value: string) =>
      runner.run(async (session) => {
        const before = await session.request('settings.show', {});
        const after = await session.request('settings.change', changeOf(before, name, readValue(value)));
        const text = await describeSettings(after);
        session.output.answer(after, () => text);
        return undefined;
      }),
    );
};

/** The change that puts `value` at the dotted `name`. What is no setting is for the engine to refuse, by name. */
export const changeOf = (before: Settings, name: string, value: unknown): SettingsChange => {
  const [section = '', ...path] = name.split('.');
  const held = Object.hasOwn(before, section) ? before[section as keyof Settings] : {};
  return { [section]: path.length === 0 ? value : withValue(held, path, value) } as SettingsChange;
};

const withValue = (held: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown => {
  const fields = isFields(held) ? held : {};
  return { ...fields, [key]: rest.length === 0 ? value : withValue(fields[key], rest, value) };
};

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const readValue = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, hence a word.
    return text;
  }
};

const describeSettings = async (settings: Settings): Promise<string> => {
  const { formatFields } = await import('../table.ts');
  return formatFields([...leaves('', settings)]);
};

/** Each setting as its dotted name and its value. */
const leaves = function* (prefix: string, value: unknown): Generator<readonly [string, string]> {
  if (!isFields(value)) {
    yield [prefix, typeof value === 'string' ? value : JSON.stringify(value)];
    return;
  }
  for (const [name, field] of Object.entries(value))
    yield* leaves(prefix === '' ? name : `${prefix}.${name}`, field);
};
