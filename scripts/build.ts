/** `npm run build`: bundles the doors, the workers, the preload and the page into `out/`. */
import { ensureBuilt } from './product.ts';

ensureBuilt();
