import { type DesktopHandlers, desktopRequests, isDesktopRequest } from '../../contract/desktop.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { PageOutcome } from '../../contract/page-messages.ts';

/** Serves one request of a page to the desktop itself. What goes wrong becomes part of the answer: nothing is thrown. */
export const answerDesktopPage = async (
  handlers: DesktopHandlers,
  name: unknown,
  params: unknown,
): Promise<PageOutcome> => {
  try {
    if (!isDesktopRequest(name))
      throw new ReplicationError('INPUT_INVALID', `The desktop knows no request ${JSON.stringify(name)}.`);
    const checked = desktopRequests[name].safeParse(params);
    if (!checked.success)
      throw new ReplicationError('INPUT_INVALID', `The request ${name} does not have its form.`);
    const handler = handlers[name] as (checked: unknown) => unknown;
    return { result: await handler(checked.data) };
  } catch (error) {
    return { error: ReplicationError.from(error).toReport() };
  }
};
