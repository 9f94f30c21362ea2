import '../../../src/main/workers/uploader.ts';
