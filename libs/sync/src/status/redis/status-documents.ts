import type { Timestamp } from '@app/platform';
import type { StreamEntry } from '@app/redis';
import { Logger } from '@nestjs/common';
import { readPause, readRunStatus } from '../read-documents.js';
import { NOT_STARTED } from '../run-status.js';
import {
  type RunStatus,
  SYNC_EVENT_TYPES,
  type SyncEvent,
  type SyncEventType,
  type SyncPause,
} from '../sync-status.js';

const TYPES: ReadonlySet<string> = new Set(SYNC_EVENT_TYPES);

/** Reads what the keys of the status hold. What cannot be understood is left out, with a line in the log. */
export class StatusDocuments {
  private readonly logger = new Logger('SyncStatus');

  /** Empty, or not to be understood: as before the first run. */
  run(json: string): RunStatus {
    return (json === '' ? NOT_STARTED : this.known(json, readRunStatus, 'status')) ?? NOT_STARTED;
  }

  pause(json: string): SyncPause | null {
    return json === '' ? null : this.known(json, readPause, 'pause');
  }

  /** Left out are entries of a type that another version of this project knows. */
  events(entries: readonly StreamEntry[]): readonly SyncEvent[] {
    return entries.flatMap((entry) => this.event(entry) ?? []);
  }

  /** Of several, those that can be understood. */
  all<Value>(jsons: readonly string[], read: (json: string) => Value | null, what: string): readonly Value[] {
    return jsons.flatMap((json) => this.known(json, read, what) ?? []);
  }

  known<Value>(json: string, read: (json: string) => Value | null, what: string): Value | null {
    const value = read(json);
    if (value === null) this.logger.warn(`The ${what} of the sync in Redis cannot be understood and counts as none`);
    return value;
  }

  private event([id, fields]: StreamEntry): SyncEvent | null {
    const values = new Map<string, string>();
    for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? '', fields[i + 1] ?? '');
    const type = values.get('type') ?? '';
    if (!TYPES.has(type)) return null;
    return {
      id,
      type: type as SyncEventType,
      at: values.get('at') as Timestamp,
      run: this.run(values.get('run') ?? ''),
      paused: this.pause(values.get('paused') ?? ''),
    };
  }
}
