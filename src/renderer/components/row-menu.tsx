import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { MoreHorizontal20Regular } from '@fluentui/react-icons';
import type { VmStatus } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { openDialog } from '../stores/ui-store.ts';
import { act, possibleActions } from '../stores/vm-actions.ts';

/** Everything that can be done with a protected VM now. */
export const RowMenu = ({ status }: { readonly status: VmStatus }) => (
  <Menu positioning="below-end">
    <MenuTrigger disableButtonEnhancement>
      <Button
        appearance="subtle"
        icon={<MoreHorizontal20Regular />}
        aria-label={t('action.more', { vm: status.name })}
      />
    </MenuTrigger>
    <MenuPopover>
      <MenuList>
        {possibleActions(status).map((action) => {
          if (action === 'resync' || action === 'unprotect') {
            const item = (
              <MenuItem key={action} onClick={() => openDialog({ kind: action, vmId: status.id })}>
                {t(`action.${action}`)}
              </MenuItem>
            );
            return action === 'resync' ? item : [<MenuDivider key="end" />, item];
          }
          return (
            <MenuItem key={action} onClick={() => void act(action, status)}>
              {t(`action.${action}`)}
            </MenuItem>
          );
        })}
      </MenuList>
    </MenuPopover>
  </Menu>
);
