import { FluentProvider, useFocusFinders } from '@fluentui/react-components';
import { useEffect, useRef } from 'react';
import { EmptyState } from './components/empty-state.tsx';
import { t } from './i18n/words.ts';
import { usePreferences } from './preferences.ts';
import { parseRoute, useHash } from './router.ts';
import { contentId, focusContent } from './shell/focus-content.ts';
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
    <main id={contentId} ref={main} tabIndex={-1}>
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
  // What leads the focus ends with the last menu or dialog that uses it. Ending with a dialog whose menu goes too, it would
  // leave the page behind that dialog hidden from those who hear it: so it lasts as long as the page.
  useFocusFinders();
  return (
    <FluentProvider
      theme={themeOf(themeName)}
      className="shell"
      data-density={density}
      data-theme={themeName}
    >
      <button type="button" className="skip" onClick={focusContent}>
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
