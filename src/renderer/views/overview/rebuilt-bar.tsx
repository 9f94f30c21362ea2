import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { RebuiltReport } from '../../../contract/rebuilt.ts';
import { t } from '../../i18n/words.ts';

/** Says for a day that the database was damaged, and what that cost. */
export const RebuiltBar = ({ rebuilt }: { readonly rebuilt: RebuiltReport }) => (
  <MessageBar intent="warning" layout="multiline">
    <MessageBarBody>
      <MessageBarTitle>{t('overview.rebuilt')}.</MessageBarTitle> {rebuilt.text}
    </MessageBarBody>
  </MessageBar>
);
