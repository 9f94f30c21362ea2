import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { engineSite } from '../../support/engine-site.ts';

const site = engineSite();
let other: Server | null = null;

afterEach(async () => {
  if (other !== null) await new Promise((done) => other?.close(done));
  other = null;
});

/** A server that has taken a port, and the port. */
const takePort = async (): Promise<number> => {
  other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  return (other.address() as AddressInfo).port;
};

const freePort = async (): Promise<number> => {
  const port = await takePort();
  await new Promise((done) => other?.close(done));
  other = null;
  return port;
};

const get = async (url: string, { host = new URL(url).host, method = 'GET' } = {}) => {
  const call = request(url, { method, headers: { host }, agent: false }).end();
  const [response] = await once(call, 'response');
  return { status: response.statusCode as number, body: await text(response) };
};

const serve = async (port: number) => {
  await site().console.request('settings.change', { metrics: { enabled: true, port } });
  return vi.waitFor(async () => {
    const report = await site().console.request('alerts', {});
    expect(report.metricsUrl ?? report.metricsError).not.toBeNull();
    return report;
  });
};

describe('metrics', () => {
  it('tell a monitoring system how replication stands, on this machine only', async () => {
    await site().protect(300);
    await site().start();
    await site().write('system.vhdx', 1024, 9);
    const { sentBytes } = await site().sync();
    const { metricsUrl } = await serve(await freePort());
    expect(metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const { status, body } = await get(metricsUrl!);
    expect(status).toBe(200);
    const { id } = await site().status();
    const vm = `vm="SRV1",vm_id="${id}"`;
    for (const line of [
      `hvrc_vm_health{${vm}} 0`,
      `hvrc_vm_state{${vm}} 3`,
      `hvrc_vm_rpo_seconds{${vm}} `,
      `hvrc_vm_last_sync_timestamp_seconds{${vm}} `,
      `hvrc_vm_pending_bytes{${vm}} 0`,
      `hvrc_disk_log_threshold_bytes{${vm},disk="system.vhdx"} ${32 * 1024 ** 2}`,
      `hvrc_disk_log_bytes{${vm},disk="data.vhd"} 0`,
      `hvrc_sent_bytes_total{${vm},by="cycle"} ${sentBytes}`,
      `hvrc_cycles_total{${vm},outcome="failed"} 0`,
      'hvrc_engine_memory_bytes ',
      'hvrc_alerts_active{severity="critical"} 0',
    ]) {
      expect(body).toContain(`\n${line}`);
    }
    expect(body).toMatch(/\nhvrc_sent_bytes_total\{[^}]*by="initial"\} [1-9]\d+/);
    expect(body).toMatch(/\nhvrc_cycles_total\{[^}]*outcome="succeeded"\} [1-9]/);

    expect((await get(metricsUrl!, { host: 'attacker.example' })).status).toBe(403);
    expect((await get(metricsUrl!, { method: 'POST' })).status).toBe(405);
    expect((await get(new URL('/', metricsUrl!).href)).status).toBe(404);

    await site().console.request('settings.change', { metrics: { enabled: false } });
    await vi.waitFor(async () => await expect(get(metricsUrl!)).rejects.toThrow('ECONNREFUSED'));
  });

  it('on a port that is taken are not served, which is said', async () => {
    await site().prepare();
    await site().console.start();
    const port = await takePort();
    const { metricsUrl, metricsError } = await serve(port);
    expect(metricsUrl).toBeNull();
    expect(metricsError?.message).toBe(
      `Metrics cannot be served on port ${port} of 127.0.0.1: another program uses it.`,
    );
  });
});
