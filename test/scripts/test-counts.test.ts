import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  addCounts,
  countPlaywright,
  countVitest,
  describeCounts,
  readCounts,
} from '../../scripts/test-counts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue(undefined));
afterEach(() => void vi.restoreAllMocks());

const vitestReport = (failed: number, files: { status: string; assertionResults: unknown[] }[] = []) => ({
  numPassedTests: 7,
  numFailedTests: failed,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: files,
});

describe('the last line of npm test', () => {
  it('adds up the runners', () => {
    const playwright = countPlaywright({
      errors: [],
      stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 1 },
    });
    expect(playwright).toEqual({ passed: 3, failed: 2, skipped: 1 });
    const total = addCounts([countVitest(vitestReport(1)), playwright]);
    expect(describeCounts(total)).toBe('10 passed, 3 failed, 4 skipped');
  });

  it('names skipped tests only where there are any', () => {
    expect(describeCounts({ passed: 2, failed: 0, skipped: 0 })).toBe('2 passed, 0 failed');
  });

  it('counts a test file that could not be loaded as a failure', () => {
    const files = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'passed', assertionResults: [] },
    ];
    expect(countVitest(vitestReport(1, files)).failed).toBe(2);
  });

  it('counts a runner that failed without a failed test, or left no report, as a failure', () => {
    writeFileSync(folder('report.json'), JSON.stringify(vitestReport(0)));
    expect(readCounts(folder('report.json'), 0, countVitest)).toEqual({ passed: 7, failed: 0, skipped: 3 });
    expect(readCounts(folder('report.json'), 1, countVitest).failed).toBe(1);
    expect(readCounts(folder('report.json'), null, countVitest).failed).toBe(1);
    expect(readCounts(folder('missing.json'), 0, countVitest)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
