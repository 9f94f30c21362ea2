import { Button, type ButtonProps } from '@fluentui/react-components';
import { t } from '../i18n/words.ts';
import { openDialog } from '../stores/ui-store.ts';
import { act } from '../stores/vm-actions.ts';
import type { RowAction } from '../stores/vm-rows.ts';

interface MainActionProps {
  readonly action: RowAction;
  readonly vm: { readonly id: string; readonly name: string };
  readonly appearance?: NonNullable<ButtonProps['appearance']>;
  readonly size?: NonNullable<ButtonProps['size']>;
}

/** The one action that helps a VM now. */
export const MainAction = ({ action, vm, appearance = 'secondary', size = 'medium' }: MainActionProps) => {
  const start = (): void => {
    if (action === 'resync') openDialog({ kind: 'resync', vmIds: [vm.id] });
    else void act(action === 'tryAgain' ? 'sync' : action, vm);
  };
  return (
    <Button appearance={appearance} size={size} onClick={start}>
      {t(`action.${action}`)}
    </Button>
  );
};
