import { FluentProvider } from '@fluentui/react-components';
import { useEffect, useRef } from 'react';
import { EmptyState } from './components/empty-state.tsx';
import { t } from './i18n/words.ts';
import { usePreferences } from './preferences.ts';
import { parseRoute, useHash } from './router.ts';
import { Messages } from './shell/messages.tsx';
import { Navigation } from './shell/navigation.tsx';
import { OpenDialog } from './shell/open-dialog.tsx';
import { Views } from './shell/views.tsx';
import { useSite } from './stores/site-store.ts';
import { leaveView } from './stores/ui-store.ts';
import { themeOf, useThemeName } from './theme.ts';

const Content = ({ hash }: { readonly hash: string }) => {
  const main = useRef<HTMLElement>(null);
  const refused = useSite((site) => site.connection === 'refused');
  const route = parseRoute(hash);
  const shown = useRef(hash);
  // Another view was asked for: the keyboard and a screen reader go on there, and its messages are its own.
  useEffect(() => {
    if (parseRoute(shown.current).view === parseRoute(hash).view) return;
    shown.current = hash;
    main.current?.focus();
    main.current?.scrollTo(0, 0);
    leaveView();
  }, [hash]);
  return (
    <main id="content" ref={main} tabIndex={-1}>
      <div className="page">
        {refused ? (
          <EmptyState level="h1" title={t('app.refused')} help={t('app.refusedHelp')} />
        ) : (
          <>
            <Messages />
            <Views route={route} />
          </>
        )}
      </div>
    </main>
  );
};

/** The frame of the console: theme, navigation, the view that the address names, an open dialog. */
export const App = () => {
  const { theme, density } = usePreferences();
  const themeName = useThemeName(theme);
  const host = useSite((site) => site.host);
  const hash = useHash();
  const skip = (): void => {
    document.getElementById('content')?.focus();
  };
  return (
    <FluentProvider
      theme={themeOf(themeName)}
      className="shell"
      data-density={density}
      data-theme={themeName}
    >
      <button type="button" className="skip" onClick={skip}>
        {t('app.skip')}
      </button>
      <header>
        <span className="product">{t('app.name')}</span>
        <span className="quiet ellipsis">{host !== null && host !== 'none' ? host.root : ''}</span>
      </header>
      <Navigation view={parseRoute(hash).view} />
      <Content hash={hash} />
      <OpenDialog />
    </FluentProvider>
  );
};
