export const contentId = 'content';

/** Keyboard and screen reader go on at the view. */
export const focusContent = (): void => document.getElementById(contentId)?.focus();

/** What had the focus is gone from the page: go on at the view rather than nowhere. */
export const keepFocus = (): void => {
  if (document.activeElement === document.body) focusContent();
};
