import type { VmStatus } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { ask } from './engine.ts';
import { showNotice, showProblem } from './ui-store.ts';

/** What can be asked for a VM by one click, without a dialog. */
export type QuickAction = 'sync' | 'pause' | 'resume' | 'retry' | 'verify';

const requestOf = {
  sync: 'sync',
  pause: 'pause',
  resume: 'resume',
  retry: 'retry.now',
  verify: 'verify',
} as const;

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Carries out an action and says that it did, or why not. */
export const act = async (action: QuickAction, vm: Named): Promise<void> => {
  try {
    const answer = await ask(requestOf[action], { vm: vm.id });
    showNotice(t(`notice.${action}`, { vm: vm.name }), 'steps' in answer ? answer.id : null);
  } catch (error) {
    showProblem(error);
  }
};

/** Which quick actions make sense for a VM in its present state. */
export const possibleActions = (status: VmStatus): readonly (QuickAction | 'resync' | 'unprotect')[] => {
  const marked = status.state === 'WaitingForStartResynchronize';
  const hasReplica = status.lastSyncAt !== null;
  return [
    ...(marked || status.paused || status.retry !== null ? [] : (['sync'] as const)),
    ...(status.retry === null ? [] : (['retry'] as const)),
    status.paused ? 'resume' : 'pause',
    ...(hasReplica ? (['resync'] as const) : []),
    ...(hasReplica && !marked ? (['verify'] as const) : []),
    'unprotect',
  ];
};
