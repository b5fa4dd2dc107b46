import { isObject, parseJson } from '@app/platform';
import { type ApiserverError, errorOfEvent } from '../client/apiserver-error.js';
import { isApiObject } from '../model/resource.js';
import type { WatchChange } from './reflector-sink.js';

/** What one line of a watch says. */
type WatchLine =
  | { readonly kind: 'change'; readonly change: WatchChange }
  | {
      readonly kind: 'bookmark';
      readonly version: string;
      /** Everything that a WatchList has to send of the full set was sent before it. */
      readonly endsFullSet: boolean;
    }
  | { readonly kind: 'error'; readonly error: ApiserverError }
  | { readonly kind: 'malformed' };

const MALFORMED: WatchLine = { kind: 'malformed' };

/** Never throws. */
export function readWatchLine(line: string): WatchLine {
  const event = parseJson(line);
  if (!isObject(event)) return MALFORMED;
  const { type, object } = event;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return isApiObject(object) ? { kind: 'change', change: { type, object } } : MALFORMED;
    case 'BOOKMARK':
      return readBookmark(object);
    case 'ERROR':
      return { kind: 'error', error: errorOfEvent(object) };
    default:
      return MALFORMED;
  }
}

function readBookmark(object: unknown): WatchLine {
  const metadata = isObject(object) ? object['metadata'] : null;
  if (!isObject(metadata)) return MALFORMED;
  const { resourceVersion: version, annotations } = metadata;
  if (typeof version !== 'string' || version === '') return MALFORMED;
  const endsFullSet = isObject(annotations) && annotations['k8s.io/initial-events-end'] === 'true';
  return { kind: 'bookmark', version, endsFullSet };
}
