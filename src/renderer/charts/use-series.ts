import { useEffect, useState } from 'react';
import type { SeriesRange, VmSeriesReport } from '../../contract/series.ts';
import { ask } from '../stores/engine.ts';
import { showProblem } from '../stores/ui-store.ts';

/** Samples come once a minute: asking twice as often shows each of them soon. */
const refreshMs = 30_000;

/** A VM's past over a range, asked anew as it grows and whenever `grown` changes; null until the first answer. */
export const useSeries = (vmId: string, range: SeriesRange, grown: unknown): VmSeriesReport | null => {
  const [report, setReport] = useState<VmSeriesReport | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what says that there may be more
  useEffect(() => {
    let current = true;
    const read = (): void => {
      ask('vm.series', { vm: vmId, range }).then((answer) => current && setReport(answer), showProblem);
    };
    read();
    const timer = setInterval(read, refreshMs);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [vmId, range, grown]);
  return report?.vmId === vmId ? report : null;
};
