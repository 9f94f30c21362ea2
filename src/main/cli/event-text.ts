import type { EventReport } from '../../contract/reports.ts';
import { formatTime } from './format.ts';

/** `14:32:05  warning  WEB01 web01.vhd: The vault cannot be reached. [VAULT_UNREACHABLE]`. */
export const describeEvent = (event: EventReport, now: number): string => {
  const about = [event.vm, event.disk].filter((part) => part !== null).join(' ');
  const code = event.code === null ? '' : ` [${event.code}]`;
  return `${formatTime(event.at, now)}  ${event.level.padEnd(7)}  ${about === '' ? '' : `${about}: `}${event.text}${code}`;
};
