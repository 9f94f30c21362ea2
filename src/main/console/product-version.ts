import packageJson from '../../../package.json' with { type: 'json' };

/** The version users see, from package.json. */
export const productVersion: string = packageJson.version;
