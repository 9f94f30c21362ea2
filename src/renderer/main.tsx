import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { connectToDoor } from './connection/connect-to-door.ts';
import { followEngine } from './stores/follow-engine.ts';

const connection = await connectToDoor();
followEngine(connection);

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(<App connection={connection} />);
