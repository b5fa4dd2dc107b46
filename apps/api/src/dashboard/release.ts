import manifest from '../../../../package.json' with { type: 'json' };

/** The version of the release; the API's own is in its paths. */
export const RELEASE: string = manifest.version;
