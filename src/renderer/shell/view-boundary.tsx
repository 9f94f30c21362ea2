import { Button } from '@fluentui/react-components';
import { Component, type ReactNode } from 'react';
import { EmptyState } from '../components/empty-state.tsx';
import { t } from '../i18n/words.ts';

/** Keeps a view that fails, or cannot be loaded after an update, from taking the page with it. */
export class ViewBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <EmptyState level="h1" title={t('app.viewFailed')} help={t('app.viewFailedHelp')}>
        <Button appearance="primary" onClick={() => location.reload()}>
          {t('app.reload')}
        </Button>
      </EmptyState>
    );
  }
}
