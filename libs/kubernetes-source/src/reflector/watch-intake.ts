import { ApiserverError } from '../client/apiserver-error.js';
import type { ApiObject } from '../model/resource.js';
import type { ReflectorSink, WatchChange } from './reflector-sink.js';
import { readWatchLine } from './watch-line.js';

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
