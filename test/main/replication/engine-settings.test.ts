import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/contract/settings.ts';
import { EngineSettings } from '../../../src/main/replication/engine-settings.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();

describe('The settings of an engine', () => {
  it('are the defaults until somebody changes them, and stay changed', () => {
    const path = inFolder('hvrc.db');
    const store = openStore(path);
    const settings = new EngineSettings(store);
    expect(settings.all()).toEqual(defaultSettings);
    settings.change({ resyncWindow: { enabled: false } });
    store.close();

    const reopened = openStore(path);
    expect(new EngineSettings(reopened).get('resyncWindow')).toEqual({
      ...defaultSettings.resyncWindow,
      enabled: false,
    });
    reopened.close();
  });

  it('take defaults for fields that an older version did not know', () => {
    const store = openStore(inFolder('hvrc.db'));
    const settings = new EngineSettings(store);
    settings.change({ resyncWindow: { atEnd: 'finish' } });
    expect(settings.get('resyncWindow').hours).toEqual(defaultSettings.resyncWindow.hours);
    store.close();
  });

  it('tell who follows a section, until they stop following', () => {
    const store = openStore(inFolder('hvrc.db'));
    const settings = new EngineSettings(store);
    let told = 0;
    const stop = settings.follow('resyncWindow', () => {
      told += 1;
    });
    settings.change({ resyncWindow: { enabled: false } });
    settings.change({});
    expect(told).toBe(1);
    stop();
    settings.change({ resyncWindow: { enabled: true } });
    expect(told).toBe(1);
    store.close();
  });
});
