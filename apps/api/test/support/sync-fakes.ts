import type { NovitaInstanceId, StoredInstance } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import type { LockHold } from '@app/redis';
import {
  NOT_STARTED,
  type Orphan,
  OrphanCommands,
  SYNC_KINDS,
  type SyncAnswer,
  type SyncOptions,
  type SyncReport,
  SyncRequests,
} from '@app/sync';
import {
  type RunStatus,
  type SyncEvent,
  type SyncEventType,
  type SyncHistoryEntry,
  type SyncPause,
  type SyncSnapshot,
  SyncStatusStore,
  SyncStatusView,
} from '@app/sync-status';
import { anInstance } from '@app/testing';

type Rejection = Error | null;

/** The status of the sync as one process sees it, and what is kept of its events. */
export class FakeSyncStatus extends SyncStatusView {
  snapshot: SyncSnapshot = { run: NOT_STARTED, paused: null, eventId: '0-0' };
  readonly kept: SyncEvent[] = [];
  private readonly listeners = new Set<(event: SyncEvent) => void>();

  get subscriptions(): number {
    return this.listeners.size;
  }

  override current(): SyncSnapshot {
    return this.snapshot;
  }

  override subscribe(listener: (event: SyncEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** The run as it is from now on, without an event. */
  set(run: Partial<RunStatus>): void {
    this.snapshot = { ...this.snapshot, run: { ...this.snapshot.run, ...run } };
  }

  /** Keeps an event and pushes it to this process. */
  publish(id: string, type: SyncEventType = 'sync.progress', run: Partial<RunStatus> = {}): SyncEvent {
    const event = this.keep(id, type, run);
    this.push(event);
    return event;
  }

  /** Keeps an event that has not come to this process yet. */
  keep(id: string, type: SyncEventType = 'sync.progress', run: Partial<RunStatus> = {}): SyncEvent {
    const at = timestampFromMs(Number(id.split('-')[0]));
    const event = { id, type, at, run: { ...this.snapshot.run, ...run }, paused: this.snapshot.paused };
    this.kept.push(event);
    return event;
  }

  push(event: SyncEvent): void {
    this.snapshot = { run: event.run, paused: event.paused, eventId: event.id };
    for (const listener of this.listeners) listener(event);
  }

  clear(): void {
    this.snapshot = { run: NOT_STARTED, paused: null, eventId: '0-0' };
    this.kept.length = 0;
  }
}

/** Holds what `FakeSyncStatus` has kept, and counts how often it is asked. */
export class FakeSyncStatusStore extends SyncStatusStore {
  failure: Rejection = null;
  /** Events up to this one are not kept any more. */
  trimmedTo: string | null = null;
  /** Called before a read of events answers. */
  beforeRead: () => Promise<void> | void = () => undefined;
  eventReads = 0;
  entries: SyncHistoryEntry[] = [];

  constructor(private readonly status: FakeSyncStatus) {
    super();
  }

  /** As it was when it was made. */
  clear(): void {
    this.failure = null;
    this.trimmedTo = null;
    this.beforeRead = () => undefined;
    this.eventReads = 0;
    this.entries = [];
  }

  override async read(): Promise<SyncSnapshot> {
    if (this.failure !== null) throw this.failure;
    return { ...this.status.snapshot, eventId: this.status.kept.at(-1)?.id ?? '0-0' };
  }

  override async eventsAfter(eventId: string, limit: number): Promise<readonly SyncEvent[] | null> {
    this.eventReads++;
    if (this.failure !== null) throw this.failure;
    if (this.trimmedTo !== null && isBefore(eventId, this.trimmedTo)) return null;
    const found = this.status.kept.filter(({ id }) => isBefore(eventId, id)).slice(0, limit);
    await this.beforeRead();
    return found;
  }

  override async history(limit: number): Promise<readonly SyncHistoryEntry[]> {
    if (this.failure !== null) throw this.failure;
    return this.entries.slice(0, limit);
  }

  override async publish(_type: SyncEventType, _run: RunStatus, _hold: LockHold): Promise<void> {
    throw notFaked('publish');
  }

  override async setPaused(): Promise<SyncPause | null> {
    throw notFaked('setPaused');
  }

  override watch(): AsyncIterable<readonly SyncEvent[]> {
    throw notFaked('watch');
  }
}

const AT = '2026-01-01T12:00:00.000Z' as Timestamp;

/** A run that changed something of everything. */
export function aReport(overrides: Partial<SyncReport> = {}): SyncReport {
  return {
    runId: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
    outcome: 'completed',
    error: null,
    options: { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: SYNC_KINDS },
    startedAt: AT,
    endedAt: AT,
    durationMs: 1_250,
    recordsBefore: 5,
    recordsAfter: 3,
    novitaInstances: 3,
    unclean: null,
    changes: { updated: 1, created: 2, adopted: 3, removed: 4, markedTerminated: 5, leftMissing: 6 },
    held: null,
    failures: [],
    actions: [],
    actionCount: 0,
    ...overrides,
  };
}

export interface SyncCall {
  readonly options: SyncOptions;
  readonly caller: string;
  readonly wait: boolean;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

const FINISHED: SyncAnswer = { kind: 'finished', report: aReport(), joined: false };

export class FakeSyncRequests extends SyncRequests {
  readonly calls: SyncCall[] = [];
  readonly commands: string[] = [];
  failure: Rejection = null;
  answer: SyncAnswer | ((call: SyncCall) => Promise<SyncAnswer>) = FINISHED;

  /** As it was when it was made. */
  clear(): void {
    this.calls.length = 0;
    this.commands.length = 0;
    this.failure = null;
    this.answer = FINISHED;
  }

  override async run(
    options: SyncOptions,
    { keyName }: { readonly keyName: string },
    waiting: { readonly wait: boolean; readonly patienceMs: number; readonly signal: AbortSignal },
  ): Promise<SyncAnswer> {
    const call = { options, caller: keyName, ...waiting };
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return typeof this.answer === 'function' ? this.answer(call) : this.answer;
  }

  override async requestRun(): Promise<void> {
    this.commands.push('request a run');
    if (this.failure !== null) throw this.failure;
  }

  override async pause({ keyName }: { readonly keyName: string }): Promise<SyncPause> {
    this.commands.push(`pause by ${keyName}`);
    if (this.failure !== null) throw this.failure;
    return { since: AT, by: `user:${keyName}` };
  }

  override async resume({ keyName }: { readonly keyName: string }): Promise<void> {
    this.commands.push(`resume by ${keyName}`);
    if (this.failure !== null) throw this.failure;
  }
}

export class FakeOrphanCommands extends OrphanCommands {
  readonly calls: unknown[] = [];
  failure: Rejection = null;
  described: readonly Orphan[] = [];
  stored: StoredInstance = { record: Object.freeze(anInstance({ origin: 'adopted' })), lastUsedAt: null };

  override async describe(discovered: readonly StoredInstance[]): Promise<readonly Orphan[]> {
    this.take({ describe: discovered });
    return this.described;
  }

  override async adopt(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance> {
    this.take({ command: 'adopt', id, by: caller.keyName });
    return this.stored;
  }

  override async ignore(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance> {
    this.take({ command: 'ignore', id, by: caller.keyName });
    return this.stored;
  }

  override async unignore(id: NovitaInstanceId): Promise<StoredInstance> {
    this.take({ command: 'unignore', id });
    return this.stored;
  }

  override async stop(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance> {
    this.take({ command: 'stop', id, by: caller.keyName });
    return this.stored;
  }

  private take(call: unknown): void {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
  }
}

function isBefore(a: string, b: string): boolean {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs < bMs || (aMs === bMs && aN < bN);
}

function notFaked(method: string): Error {
  return new Error(`SyncStatusStore.${method} is not expected to be called by the API`);
}
