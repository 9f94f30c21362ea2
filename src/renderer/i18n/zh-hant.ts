import type { Catalogue } from './catalogue.ts';

export const zhHant: Catalogue = {};
