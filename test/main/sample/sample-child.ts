import { createSampleSite } from '../../../src/main/sample/sample-site.ts';

/** Makes a sample site in its own process and tells its parent when the first VM is made and the second is not. */
const [directory] = process.argv.slice(2);
await createSampleSite(directory!, {
  onProgress: ({ vm }) => {
    if (vm === 'FILESRV') process.send?.('under way');
  },
});
