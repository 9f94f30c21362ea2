import { Counter, Gauge, Registry } from 'prom-client';
import type { AlertReport } from '../../contract/alerts.ts';
import type { VmStatus } from '../../contract/reports.ts';
import { type Counts, labelOf } from './replication-tally.ts';

export interface MetricsFacts {
  readonly vms: readonly VmStatus[];
  readonly counts: Counts;
  readonly alerts: readonly AlertReport[];
  readonly version: string;
  readonly memoryBytes: number;
}

const healthNumbers = { Normal: 0, Warning: 1, Critical: 2 } as const;
const cycleOutcomes = ['succeeded', 'failed', 'missed'] as const;
const sendings = ['cycle', 'initial', 'resync'] as const;

/** The facts in the text format of Prometheus. */
export const renderMetrics = async (facts: MetricsFacts): Promise<{ type: string; text: string }> => {
  const registry = new Registry();
  addVms(registry, facts);
  addDisks(registry, facts);
  addCounts(registry, facts);
  addEngine(registry, facts);
  return { type: registry.contentType, text: await registry.metrics() };
};

const gauge = <L extends string>(registry: Registry, name: string, help: string, labelNames: readonly L[]) =>
  new Gauge<L>({ name, help, labelNames, registers: [registry] });

const counter = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
) => new Counter<L>({ name, help, labelNames, registers: [registry] });

const vmLabels = ['vm', 'vm_id'] as const;
const ofVm = ({ name, id }: VmStatus) => ({ vm: name, vm_id: id });

const pendingBytes = ({ disks }: VmStatus): number =>
  disks.reduce((sum, { hrl }) => sum + hrl.bytes + (hrl.degraded?.changedBytes ?? 0), 0);

const addVms = (registry: Registry, { vms }: MetricsFacts): void => {
  const health = gauge(registry, 'hvrc_vm_health', '0 Normal, 1 Warning, 2 Critical', vmLabels);
  const state = gauge(registry, 'hvrc_vm_state', 'Replication state by Hyper-V’s own numbers', vmLabels);
  const rpo = gauge(registry, 'hvrc_vm_rpo_seconds', 'Age of the last change safe at the vault', vmLabels);
  const lastSync = gauge(
    registry,
    'hvrc_vm_last_sync_timestamp_seconds',
    'Source time of the last change safe at the vault',
    vmLabels,
  );
  const pending = gauge(registry, 'hvrc_vm_pending_bytes', 'Changes that are not sent yet', vmLabels);
  for (const vm of vms) {
    health.set(ofVm(vm), healthNumbers[vm.health]);
    state.set(ofVm(vm), vm.stateNumber);
    pending.set(ofVm(vm), pendingBytes(vm));
    if (vm.rpoSeconds !== null) rpo.set(ofVm(vm), vm.rpoSeconds);
    if (vm.lastSyncAt !== null) lastSync.set(ofVm(vm), Date.parse(vm.lastSyncAt) / 1000);
  }
};

const addDisks = (registry: Registry, { vms }: MetricsFacts): void => {
  const labels = [...vmLabels, 'disk'] as const;
  const log = gauge(registry, 'hvrc_disk_log_bytes', 'Logs of a disk', labels);
  const threshold = gauge(
    registry,
    'hvrc_disk_log_threshold_bytes',
    'Size of the logs at which the VM must be resynchronized',
    labels,
  );
  for (const vm of vms) {
    for (const { name, excluded, hrl } of vm.disks) {
      if (excluded) continue;
      log.set({ ...ofVm(vm), disk: name }, hrl.bytes);
      threshold.set({ ...ofVm(vm), disk: name }, hrl.thresholdBytes);
    }
  }
};

const addCounts = (registry: Registry, { vms, counts }: MetricsFacts): void => {
  const sent = counter(registry, 'hvrc_sent_bytes_total', 'Bytes sent to the vault', [...vmLabels, 'by']);
  const cycles = counter(registry, 'hvrc_cycles_total', 'Replication cycles', [...vmLabels, 'outcome']);
  for (const vm of vms) {
    for (const by of sendings) {
      sent.inc({ ...ofVm(vm), by }, counts.sentBytes.get(labelOf(vm.id, by)) ?? 0);
    }
    for (const outcome of cycleOutcomes) {
      cycles.inc({ ...ofVm(vm), outcome }, counts.cycles.get(labelOf(vm.id, outcome)) ?? 0);
    }
  }
  const errors = counter(registry, 'hvrc_errors_total', 'Errors by their code', ['vm_id', 'code']);
  for (const [label, count] of counts.errors) {
    const [vmId = '', code = ''] = label.split('\n');
    errors.inc({ vm_id: vmId, code }, count);
  }
};

const addEngine = (registry: Registry, { version, memoryBytes, alerts }: MetricsFacts): void => {
  gauge(registry, 'hvrc_engine_info', 'The engine that runs', ['version']).set({ version }, 1);
  gauge(registry, 'hvrc_engine_memory_bytes', 'Resident memory of the engine', []).set(memoryBytes);
  const active = gauge(registry, 'hvrc_alerts_active', 'Alerts that hold now', ['severity']);
  for (const severity of ['warning', 'critical'] as const) {
    active.set({ severity }, alerts.filter((alert) => alert.severity === severity).length);
  }
};
