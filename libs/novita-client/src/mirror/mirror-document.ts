import { hash } from 'node:crypto';

/** A list as it is kept: as JSON, and what tells it from others. */
export interface MirrorDocument {
  readonly json: string;
  readonly version: string;
}

/** Raised when the items are written in another form, so that processes of two releases do not misread each other. */
const FORM = '1.';

/** The lists are small; one of this size is a fault, and would hold up everybody who shares the Redis. */
const MOST_BYTES = 8 * 1024 * 1024;

export function documentOf(items: readonly unknown[]): MirrorDocument {
  const json = JSON.stringify(items);
  return { json, version: `${FORM}${hash('sha1', json, 'base64url')}` };
}

/** @returns the items, frozen all through; null when the document is of another form or no list in JSON */
export function itemsOf({ json, version }: MirrorDocument): readonly unknown[] | null {
  if (!version.startsWith(FORM)) return null;
  try {
    const items: unknown = JSON.parse(json, (_key, value: unknown) => Object.freeze(value));
    return Array.isArray(items) ? items : null;
  } catch {
    return null;
  }
}

/** @returns what to tell of a list that is not to be kept; null when it may be */
export function refusalOf(kind: string, { json }: MirrorDocument): string | null {
  const bytes = Buffer.byteLength(json);
  return bytes <= MOST_BYTES ? null : `The list of ${kind} is not mirrored: ${bytes} bytes are more than ${MOST_BYTES}`;
}
