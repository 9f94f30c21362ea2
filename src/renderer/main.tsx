import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { connectToDoor } from './connection/connect-to-door.ts';
import { currentLanguage, languageFor, speak } from './i18n/words.ts';
import type { LanguageChoice } from './parse-preferences.ts';
import { usePreferences } from './preferences.ts';
import { followEngine } from './stores/follow-engine.ts';

const speakAsPreferred = async (choice: LanguageChoice): Promise<void> => {
  await speak(choice === 'system' ? languageFor(navigator.languages) : choice);
  document.documentElement.lang = currentLanguage();
};

const [connection] = await Promise.all([
  connectToDoor(),
  speakAsPreferred(usePreferences.getState().language),
]);
followEngine(connection);

const element = document.getElementById('root');
if (element === null) throw new Error('index.html has no element with the id "root"');
const root = createRoot(element);
// Keyed by the language: every word on the page is said anew when it changes.
const render = (): void => root.render(<App key={currentLanguage()} />);
render();

usePreferences.subscribe(({ language }, before) => {
  if (language !== before.language) void speakAsPreferred(language).then(render);
});
