/**
 * Entries of the change feed that are kept, about. The same for everybody who writes to one feed: by it readers know that
 * a short feed was never trimmed.
 */
export const CHANGE_FEED_LIMIT = 10_000;
