import { Button, SearchBox } from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { t } from '../i18n/words.ts';

interface ListToolbarProps {
  /** What is searched, for the empty box and for those who hear the page. */
  readonly searchLabel: string;
  readonly search: string;
  onSearch(text: string): void;
  /** The other filters. */
  readonly children: ReactNode;
  /** Whether there is anything to save. */
  readonly canExport: boolean;
  onExport(): void;
}

/** Above a list: search, filters, and what fits them as a file. */
export const ListToolbar = ({
  searchLabel,
  search,
  onSearch,
  children,
  canExport,
  onExport,
}: ListToolbarProps) => (
  <div className="toolbar">
    <SearchBox
      aria-label={searchLabel}
      placeholder={searchLabel}
      value={search}
      onChange={(_event, data) => onSearch(data.value)}
    />
    {children}
    <span className="spacer" />
    <Button icon={<ArrowDownload20Regular />} disabled={!canExport} onClick={onExport}>
      {t('events.export')}
    </Button>
  </div>
);
