import { z } from 'zod';
import { maxPathLength, type PathProblem, pathProblemOf } from './path-problem.ts';

const reasons: Readonly<Record<PathProblem, string>> = {
  long: `must be at most ${maxPathLength} characters`,
  character: 'must not contain a NUL character',
  relative: 'must be an absolute path',
  climbs: 'must not go up with ".."',
  device: 'must not name a device',
};

/** Doors resolve relative paths before they ask. */
export const absolutePath = z.string().superRefine((path, context) => {
  const problem = pathProblemOf(path);
  if (problem !== null) context.addIssue({ code: 'custom', message: reasons[problem] });
});
