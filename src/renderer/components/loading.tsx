import { Spinner } from '@fluentui/react-components';
import { t } from '../i18n/words.ts';

/** While something is being fetched; appears only when that takes a moment. */
export const Loading = ({ label }: { readonly label?: string }) => (
  <div className="loading">
    <Spinner size="small" label={label ?? t('app.loading')} />
  </div>
);
