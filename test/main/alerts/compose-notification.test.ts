import { describe, expect, it } from 'vitest';
import { alertCauses, type NotificationItem, severityOf } from '../../../src/contract/alerts.ts';
import { composeNotification } from '../../../src/main/alerts/compose-notification.ts';

const item = (changes: Partial<NotificationItem>): NotificationItem => ({
  kind: 'raised',
  cause: 'rpoLimit',
  severity: 'critical',
  vmId: '1',
  vm: 'WEB01',
  disk: null,
  since: '2026-11-20T12:00:00.000Z',
  text: 'The RPO of WEB01 is 52 min.',
  ...changes,
});

const compose = (...items: readonly NotificationItem[]) =>
  composeNotification(items, { id: 'n', atMs: 0, host: 'HV1' });

describe('a message of alerts', () => {
  it('about one thing has that as its title, and says no more than what holds', () => {
    expect(compose(item({}))).toMatchObject({
      title: 'WEB01: RPO past its limit',
      text: 'The RPO of WEB01 is 52 min.',
      severity: 'critical',
    });
    expect(compose(item({ kind: 'reminder' })).title).toBe('WEB01: still: RPO past its limit');
    expect(compose(item({ kind: 'cleared', severity: 'info' })).title).toBe(
      'WEB01: RPO back within its limit',
    );
    expect(compose(item({ cause: 'volumeLow', vm: null })).title).toBe('A volume is low on space');
  });

  it('about many counts them, names a few VMs and has a line for each', () => {
    const vms = ['A', 'B', 'C', 'D'].map((vm) => item({ vm, text: `${vm}.` }));
    const { title, text, severity } = compose(
      ...vms,
      item({ vm: 'E', kind: 'cleared', severity: 'info', text: 'E.' }),
    );
    expect(title).toBe('4 alerts and 1 recovery: A, B, C and 2 more');
    expect(text.split('\n')).toHaveLength(5);
    expect(text).toContain('D: RPO past its limit. D.');
    expect(severity).toBe('critical');
  });

  it('of recoveries alone is no alarm', () => {
    const cleared = item({ kind: 'cleared', severity: 'info' });
    expect(compose(cleared, cleared)).toMatchObject({ title: '2 recoveries: WEB01', severity: 'info' });
  });

  it('has words for every cause, begun and over', () => {
    for (const cause of alertCauses) {
      const raised = compose(item({ cause, severity: severityOf(cause) })).title;
      const cleared = compose(item({ cause, kind: 'cleared', severity: 'info' })).title;
      expect(raised).toMatch(/^WEB01: \S/);
      expect(cleared).not.toBe(raised);
    }
  });
});
