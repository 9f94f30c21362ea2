import { createSampleSite } from '../../../src/main/sample/sample-site.ts';

/** Makes a sample site in its own process and tells its parent when it is half way. */
const [directory] = process.argv.slice(2);
await createSampleSite(directory!, {
  onProgress: ({ doneBytes, totalBytes }) => {
    if (doneBytes > totalBytes / 2) process.send?.('half way');
  },
});
