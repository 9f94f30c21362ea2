import { useEffect, useState } from 'react';
import { Command, EmptyState } from '../components/empty-state.tsx';
import { VmLine } from '../components/vm-line.tsx';
import type { EngineConnection } from '../connection/engine-connection.ts';
import { showProblem } from '../stores/follow-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { type RowAction, siteSentence, type VmRow, vmRows } from '../stores/vm-rows.ts';
import { words } from '../words.ts';

const requestOf = { sync: 'sync', resume: 'resume', resync: 'resync', retry: 'retry.now' } as const;

/** How often ages are told anew. */
const tickMs = 5000;

const useNow = (): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return now;
};

const NoHost = () => (
  <EmptyState title={words.noHost}>
    <p>{words.noHostHelp}</p>
    <Command line={words.noHostCommand} />
    <p>{words.noHostSample}</p>
    <Command line={words.sampleCommand} />
  </EmptyState>
);

const ProtectHelp = ({ vm }: { readonly vm: string }) => (
  <aside className="help">
    <p>{words.protectHelp}</p>
    <Command line={`${words.vaultCommand}\n${words.protectCommand(vm)}`} />
  </aside>
);

/** Is everything protected, what needs a person, what is running: the first thing an administrator sees. */
export const Overview = ({ connection }: { readonly connection: EngineConnection }) => {
  const site = useSite();
  const now = useNow();
  const rows = vmRows(site, Math.max(now, Date.now()));
  const { host, engine } = site;

  const act = (row: VmRow, action: RowAction): void => {
    useSite.setState({ problem: null });
    connection.request(requestOf[action], { vm: row.id }).catch(showProblem);
  };

  if (host === null) return <p className="quiet">{words.connecting}</p>;
  if (host === 'none' && rows.length === 0) return <NoHost />;
  if (host !== 'none' && rows.length === 0) {
    const title = host.reachable ? words.noVms(host.root) : words.hostUnreachable(host.root);
    return (
      <EmptyState title={title}>
        <p>{host.error?.nextStep ?? words.noVmsHelp}</p>
      </EmptyState>
    );
  }
  const { columns } = words;
  return (
    <>
      <h1>{siteSentence(rows)}</h1>
      {engine !== null && !engine.running ? <p className="note">{words.enginePaused}</p> : null}
      <table>
        <thead>
          <tr>
            <th scope="col">{columns.name}</th>
            <th scope="col">{columns.state}</th>
            <th scope="col">{columns.health}</th>
            <th scope="col" className="figure">
              {columns.rpo}
            </th>
            <th scope="col" className="figure">
              {columns.lastSync}
            </th>
            <th scope="col" className="figure">
              {columns.log}
            </th>
            <th scope="col">{columns.activity}</th>
            <th scope="col">
              <span className="unseen">{columns.action}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <VmLine key={row.id} row={row} nowMs={now} onAction={act} />
          ))}
        </tbody>
      </table>
      {rows.every(({ status }) => status === null) ? <ProtectHelp vm={rows[0]?.name ?? ''} /> : null}
    </>
  );
};
