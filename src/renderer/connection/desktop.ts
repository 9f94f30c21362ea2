import type { DesktopParams, DesktopRequestName, DesktopResults } from '../../contract/desktop.ts';
import { ReplicationError } from '../../contract/errors.ts';

/** Whether the page is in the desktop's window, not in a browser. */
export const isDesktop = (): boolean => window.hvrc !== undefined;

/** Asks the desktop itself. @throws ReplicationError */
export const askDesktop = async <N extends DesktopRequestName>(
  name: N,
  params: DesktopParams<N>,
): Promise<DesktopResults[N]> => {
  if (window.hvrc === undefined)
    throw new ReplicationError('STATE_INVALID', 'The page is not in the desktop.');
  const outcome = await window.hvrc.askDesktop(name, params);
  if ('error' in outcome) throw ReplicationError.fromReport(outcome.error);
  return outcome.result as DesktopResults[N];
};
