import { EmptyState } from './components/empty-state.tsx';
import type { EngineConnection } from './connection/engine-connection.ts';
import { useSite } from './stores/site-store.ts';
import { Overview } from './views/overview.tsx';
import { words } from './words.ts';

const Messages = () => {
  const connection = useSite((site) => site.connection);
  const problem = useSite((site) => site.problem);
  return (
    <div aria-live="polite">
      {connection === 'lost' ? <p className="bar bar-warning">{words.lost}</p> : null}
      {problem === null ? null : (
        <p className="bar bar-critical">
          {problem}
          <button type="button" onClick={() => useSite.setState({ problem: null })}>
            {words.dismiss}
          </button>
        </p>
      )}
    </div>
  );
};

export const App = ({ connection }: { readonly connection: EngineConnection }) => {
  const state = useSite((site) => site.connection);
  const host = useSite((site) => site.host);
  return (
    <>
      <header>
        <span className="product">{words.product}</span>
        <span className="quiet">{host !== null && host !== 'none' ? host.root : ''}</span>
      </header>
      <main>
        <Messages />
        {state === 'refused' ? (
          <EmptyState title={words.refused}>
            <p>{words.refusedHelp}</p>
          </EmptyState>
        ) : (
          <Overview connection={connection} />
        )}
      </main>
    </>
  );
};
