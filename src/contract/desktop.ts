/** What a page in the desktop's window may ask of the desktop itself, beside the engine's contract. */

import { z } from 'zod';
import { maxPathLength } from './path-problem.ts';

export interface StartupReport {
  /** Whether this system can start the console when its user signs in. */
  readonly supported: boolean;
  readonly enabled: boolean;
}

const none = z.strictObject({});
const title = z.string().max(200);

export const desktopRequests = {
  /** The system's own dialog. Answers null when it was left without a choice. */
  'folder.choose': z.strictObject({ title, startAt: z.string().max(maxPathLength).optional() }),
  'startup.show': none,
  'startup.change': z.strictObject({ enabled: z.boolean() }),
} as const;

export type DesktopRequestName = keyof typeof desktopRequests;
export type DesktopParams<N extends DesktopRequestName> = Readonly<z.infer<(typeof desktopRequests)[N]>>;

export interface DesktopResults {
  readonly 'folder.choose': string | null;
  readonly 'startup.show': StartupReport;
  readonly 'startup.change': StartupReport;
}

export type DesktopHandlers = {
  readonly [N in DesktopRequestName]: (
    params: DesktopParams<N>,
  ) => DesktopResults[N] | Promise<DesktopResults[N]>;
};

export const isDesktopRequest = (name: unknown): name is DesktopRequestName =>
  typeof name === 'string' && Object.hasOwn(desktopRequests, name);
