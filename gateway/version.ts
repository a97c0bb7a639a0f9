import manifest from './package.json' with { type: 'json' };

/** Version of this gateway. */
export const VERSION: string = manifest.version;
