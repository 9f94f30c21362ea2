import '../../../src/main/workers/tracker.ts';
