import { isObject, parseJson } from '@app/platform';
import { ApiserverError, errorOfEvent } from '../client/apiserver-error.js';
import { type ApiObject, isApiObject } from '../model/resource.js';
import type { ReflectorSink, WatchChange } from './reflector-sink.js';

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
const EXCERPT = 80;

/**
 * Hands on what one watch says. A WatchList sends the full set first; its version counts for nothing until its end mark
 * has come, since the objects before it come in no order of versions.
 */
export class WatchIntake {
  /** Up to which the sink has everything; null while it has not. */
  version: string | null;
  /** Objects and changes that were handed on. */
  count = 0;
  hadBookmarks = false;
  /** Deleted while the full set was on its way: gone as soon as it is complete. */
  private readonly deletedMeanwhile = new Map<string, WatchChange>();

  /** @param version that the watch follows; null for a WatchList */
  constructor(
    private readonly sink: ReflectorSink,
    version: string | null,
  ) {
    this.version = version;
  }

  /**
   * Lines that came together. Those before one that cannot be read, or that says an error, are handed on.
   * @throws ApiserverError
   */
  async take(lines: readonly string[]): Promise<void> {
    let changes: WatchChange[] = [];
    for (const text of lines) {
      const line = readWatchLine(text);
      if (line.kind === 'change') {
        changes.push(line.change);
        continue;
      }
      await this.handOn(changes);
      changes = [];
      switch (line.kind) {
        case 'bookmark':
          await this.mark(line.version, line.endsFullSet);
          break;
        case 'error':
          throw line.error;
        case 'malformed':
          throw new ApiserverError('malformed', `a line of the watch cannot be read: ${text.slice(0, EXCERPT)}`);
      }
    }
    await this.handOn(changes);
  }

  private async handOn(changes: readonly WatchChange[]): Promise<void> {
    const last = changes.at(-1);
    if (last === undefined) return;
    this.count += changes.length;
    if (this.version === null) {
      await this.add(changes);
      return;
    }
    await this.sink.apply(changes);
    this.version = last.object.metadata.resourceVersion;
  }

  private async add(changes: readonly WatchChange[]): Promise<void> {
    const objects: ApiObject[] = [];
    for (const change of changes) {
      const { object } = change;
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      if (change.type === 'DELETED') {
        this.deletedMeanwhile.set(key, change);
      } else {
        this.deletedMeanwhile.delete(key);
        objects.push(object);
      }
    }
    if (objects.length > 0) await this.sink.add(objects, null);
  }

  private async mark(version: string, endsFullSet: boolean): Promise<void> {
    this.hadBookmarks = true;
    if (this.version !== null) {
      await this.sink.bookmark(version);
      this.version = version;
      return;
    }
    if (!endsFullSet) return;
    await this.sink.complete(version);
    this.version = version;
    if (this.deletedMeanwhile.size > 0) await this.sink.apply([...this.deletedMeanwhile.values()]);
    this.deletedMeanwhile.clear();
  }
}

/** Never throws. */
function readWatchLine(line: string): WatchLine {
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
