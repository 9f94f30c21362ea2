import { readFileSync } from 'node:fs';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

interface PlaywrightReport {
  readonly errors: readonly unknown[];
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
}

/** Counts of a vitest JSON report; a file that could not even be loaded counts as one failure. */
export const countVitest = (report: VitestReport): TestCounts => ({
  passed: report.numPassedTests,
  failed:
    report.numFailedTests +
    report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length,
  skipped: report.numPendingTests + report.numTodoTests,
});

/** Counts of a Playwright JSON report; a test that passed only when repeated counts as failed. */
export const countPlaywright = ({ stats, errors }: PlaywrightReport): TestCounts => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky + errors.length,
  skipped: stats.skipped,
});

/** Reads a runner's report. A runner that failed without naming a failed test, or left no report, counts as one failure. */
export const readCounts = <Report>(
  path: string,
  exitCode: number | null,
  count: (report: Report) => TestCounts,
): TestCounts => {
  let counts: TestCounts;
  try {
    counts = count(JSON.parse(readFileSync(path, 'utf8')) as Report);
  } catch (error) {
    console.error(`The report ${path} cannot be read: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
};

export const addCounts = (all: readonly TestCounts[]): TestCounts => ({
  passed: all.reduce((sum, { passed }) => sum + passed, 0),
  failed: all.reduce((sum, { failed }) => sum + failed, 0),
  skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
});

/** `12 passed, 0 failed`, and the skipped ones where there are any. */
export const describeCounts = ({ passed, failed, skipped }: TestCounts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
