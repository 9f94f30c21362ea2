import type { Catalogue } from './catalogue.ts';

export const sv: Catalogue = {};
