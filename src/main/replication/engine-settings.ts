import { z } from 'zod';
import {
  defaultSettings,
  type Settings,
  type SettingsChange,
  type SettingsSection,
  sectionNames,
  settingsSchema,
} from '../../contract/settings.ts';
import type { Setting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';

/** What the user has set, with defaults for the rest; tells who follows a section when it changes. */
export class EngineSettings {
  private readonly store: Store;
  /** Asked for in every report; only `change` writes it. */
  private known: Settings | null = null;
  private readonly followers = new Map<SettingsSection, Set<() => void>>();

  constructor(store: Store) {
    this.store = store;
  }

  get<S extends SettingsSection>(section: S): Settings[S] {
    return this.all()[section];
  }

  all(): Settings {
    this.known ??= this.read();
    return this.known;
  }

  private read(): Settings {
    const stored = sectionNames.map((name) => {
      const fields = this.store.settings.get(settingOf(name));
      return [name, { ...defaultSettings[name], ...fields }];
    });
    return settingsSchema.parse(Object.fromEntries(stored));
  }

  /** All of a change or, when the store fails, nothing of it. */
  change(change: SettingsChange): Settings {
    const before = this.all();
    const changed = sectionNames.filter((name) => change[name] !== undefined);
    const after = Object.fromEntries(changed.map((name) => [name, { ...before[name], ...change[name] }]));
    const settings = settingsSchema.parse({ ...before, ...after });
    this.store.transaction(() => {
      for (const name of changed) this.store.settings.put(settingOf(name), settings[name]);
    });
    this.known = settings;
    for (const name of changed) for (const tell of this.followers.get(name) ?? []) tell();
    return settings;
  }

  /** Calls `tell` after each change of a section; the answer ends that. */
  follow(section: SettingsSection, tell: () => void): () => void {
    const followers = this.followers.get(section) ?? new Set();
    this.followers.set(section, followers.add(tell));
    return () => followers.delete(tell);
  }
}

/** A record of an older version may lack fields: the section's schema is applied once defaults stand in for them. */
const settingOf = (section: SettingsSection): Setting<Record<string, unknown>> => ({
  key: `section.${section}`,
  schema: z.record(z.string(), z.unknown()),
});
