/** What a protection begins with where nothing else is asked for, as the user sets it. */

import { z } from 'zod';
import { copyFrequenciesSeconds } from './model.ts';

export const frequencySeconds = z.literal(copyFrequenciesSeconds);
export const retentionPoints = z.int().min(1).max(1000);
export const mostRetentionHours = 24;
export const retentionHours = z.int().min(0).max(mostRetentionHours);

export const newProtection = z.strictObject({ frequencySeconds, retentionPoints });
export type NewProtectionSettings = Readonly<z.infer<typeof newProtection>>;

/** Right for a small site. */
export const defaultNewProtection: NewProtectionSettings = { frequencySeconds: 300, retentionPoints: 24 };
