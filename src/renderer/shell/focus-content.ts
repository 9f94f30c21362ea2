import { useEffect } from 'react';
import { useUi } from '../stores/ui-store.ts';

export const contentId = 'content';

/** Keyboard and screen reader go on at the view. */
export const focusContent = (): void => document.getElementById(contentId)?.focus();

/** What had the focus is gone from the page: go on at the view rather than nowhere. */
export const keepFocus = (): void => {
  if (document.activeElement === document.body) focusContent();
};

/** Who leads to a dialog: what has the focus, and of an entry of a menu, which goes with it, the menu's button. */
const openerNow = (): HTMLElement | null => {
  const { activeElement } = document;
  const button = activeElement?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  const opener = button ? document.getElementById(button) : activeElement;
  return opener instanceof HTMLElement ? opener : null;
};

/** Lets the keyboard go on at what opened a dialog once the dialog is shut, or at the view where that is gone. */
export const useFocusBack = (): void => {
  useEffect(() => {
    let opener: HTMLElement | null = null;
    return useUi.subscribe(({ dialog }, before) => {
      if (before.dialog === null && dialog !== null) opener = openerNow();
      if (before.dialog === null || dialog !== null) return;
      // Once the dialog is gone from the page, and has taken the focus along.
      setTimeout(() => {
        if (document.activeElement !== document.body) return;
        if (opener?.isConnected) opener.focus();
        else focusContent();
      });
    });
  }, []);
};
