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
import { type KeyboardEvent, memo, useState } from 'react';
import type { VmStatus } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { openDialog } from '../stores/ui-store.ts';
import { act, possibleActions } from '../stores/vm-actions.ts';

/** The same entries for the same VM: most of what a status tells does not show in its menu. */
const sameMenu = (before: RowMenuProps, after: RowMenuProps): boolean =>
  before.status === after.status ||
  (before.status.id === after.status.id &&
    before.status.name === after.status.name &&
    possibleActions(before.status).join() === possibleActions(after.status).join());

interface RowMenuProps {
  readonly status: VmStatus;
}

/** Everything that can be done with a protected VM now. */
export const RowMenu = memo(({ status }: RowMenuProps) => {
  // A table has dozens of menus, hardly one of which is ever opened: until then each is but its button.
  const [opened, setOpened] = useState(false);
  const button = (
    <Button
      appearance="subtle"
      icon={<MoreHorizontal20Regular />}
      aria-label={t('action.more', { vm: status.name })}
      {...(opened
        ? {}
        : {
            'aria-haspopup': 'menu' as const,
            'aria-expanded': false,
            onClick: () => setOpened(true),
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key === 'ArrowDown') setOpened(true);
            },
          })}
    />
  );
  if (!opened) return button;
  return (
    <Menu positioning="below-end" defaultOpen>
      <MenuTrigger disableButtonEnhancement>{button}</MenuTrigger>
      <MenuPopover>
        <Entries status={status} />
      </MenuPopover>
    </Menu>
  );
}, sameMenu);

const Entries = ({ status }: RowMenuProps) => (
  <MenuList>
    {possibleActions(status).map((action) => {
      if (action === 'resync' || action === 'unprotect') {
        const item = (
          <MenuItem
            key={action}
            onClick={() =>
              openDialog(
                action === 'resync'
                  ? { kind: action, vmIds: [status.id] }
                  : { kind: action, vmId: status.id },
              )
            }
          >
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
);
