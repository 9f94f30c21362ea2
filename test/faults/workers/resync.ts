import './inject.ts';
import '../../../src/main/workers/resync.ts';
