import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
} from '@fluentui/react-components';
import { errorCatalogue } from '../../../contract/error-catalogue.ts';
import type { VmStatus } from '../../../contract/reports.ts';
import { ErrorDetails } from '../../components/error-details.tsx';
import { MainAction } from '../../components/main-action.tsx';
import { formatExactTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { goTo } from '../../router.ts';
import type { VmRow } from '../../stores/vm-rows.ts';
import { type Trouble, troubleOf } from './trouble.ts';

interface TroubleBarProps {
  readonly row: VmRow;
  readonly status: VmStatus;
  readonly nowMs: number;
}

/** The error of the VM as a whole: as reported, or put together from the reason's code. */
const errorOf = ({ error }: Trouble, { healthReasons, name }: VmStatus) => {
  if (error !== null) return error;
  const coded = healthReasons.find(({ code }) => code !== undefined);
  if (coded?.code === undefined) return null;
  return { ...errorCatalogue[coded.code], code: coded.code, message: coded.text, vm: name };
};

/** Of the moments that the sentences tell: until when all is safe, and when it is tried again. */
const exactTimes = ({ lastSyncAt, retry }: VmStatus): string | undefined => {
  const moments = [lastSyncAt, retry?.nextAttemptAt ?? null].filter((iso) => iso !== null);
  return moments.length === 0 ? undefined : moments.map(formatExactTime).join(' · ');
};

/** In trouble: what happened, since when, what is safe, what happens next, and the one button that helps. */
export const TroubleBar = ({ row, status, nowMs }: TroubleBarProps) => {
  const trouble = troubleOf(status, nowMs);
  if (trouble === null) return null;
  const error = errorOf(trouble, status);
  const { action } = row;
  return (
    <MessageBar intent={trouble.level} layout="multiline" className="trouble" aria-live="off">
      <MessageBarBody>
        <MessageBarTitle>{trouble.title}</MessageBarTitle>
        <p title={exactTimes(status)}>{trouble.sentences.join(' ')}</p>
        {trouble.besides.length === 0 ? null : (
          <p className="note">
            {t('trouble.otherReasons')}: {trouble.besides.join(' ')}
          </p>
        )}
        {error === null ? null : <ErrorDetails error={error} at={trouble.since} />}
      </MessageBarBody>
      <MessageBarActions>
        {action === null || action === 'sync' ? null : (
          <MainAction action={action} vm={status} appearance="primary" />
        )}
        {status.retry === null ? null : (
          <Button size="medium" onClick={() => goTo({ view: 'vm', id: status.id, tab: 'timeline' })}>
            {t('vm.tab.timeline')}
          </Button>
        )}
      </MessageBarActions>
    </MessageBar>
  );
};
