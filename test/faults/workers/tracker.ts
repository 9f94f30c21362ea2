import './inject.ts';
import '../../../src/main/workers/tracker.ts';
