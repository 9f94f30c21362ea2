import './inject.ts';
import '../../../src/main/workers/uploader.ts';
