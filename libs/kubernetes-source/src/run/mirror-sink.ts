import { type Clock, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { Scope } from '../client/resource-requests.js';
import { KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ApiObject, ResourceKey } from '../model/resource.js';
import { type Identity, identify, project } from '../projection/projection.js';
import type { ReflectorSink, ReflectorState, WatchChange } from '../reflector/reflector-sink.js';
import { type ChangeCounts, MAX_OPERATIONS, versionOf } from '../store/resource-store.js';
import { BatchedWrites } from './batched-writes.js';
import type { FencedWriter } from './fenced-writer.js';
import type { KindReload } from './kind-reload.js';
import { KnownVersions } from './known-versions.js';
import { massRemovalGuard } from './removal-guard.js';

/** A full set that changes no more than this is published change by change; otherwise followers read the kind anew. */
const LITTLE = MAX_OPERATIONS / 2;

/** A full set that lacks too much, so that what it lacks was not removed. */
export interface HeldSet {
  readonly since: Timestamp;
  readonly reason: string;
  readonly keys: Set<ResourceKey>;
}

/** Somebody has looked at the cluster, and lets one full set pass. */
interface Force {
  readonly untilMs: number;
  /** Those that began before it may show the cluster as it was before somebody looked. */
  readonly fromSet: number;
}

export interface SinkObserver {
  /** Something of the sink is not as it was. */
  moved(): void;
  written(kind: KubernetesKind, counts: ChangeCounts): void;
  fullSet(kind: KubernetesKind): void;
}

export interface MirrorSinkOptions {
  readonly kind: KubernetesKind;
  readonly scope: Scope;
  readonly writer: Pick<FencedWriter, 'write'>;
  /** Of all scopes of the kind. */
  readonly reload: KindReload;
  readonly clock: Clock;
  /** KUBERNETES_MAX_REMOVED_PERCENT */
  readonly maxRemovedPercent: number;
  readonly observer: SinkObserver;
}

/**
 * Brings what a reflector hands on into the store: projects it, compares it with what is stored by version alone, and
 * writes what differs.
 */
export class MirrorSink implements ReflectorSink {
  private readonly logger = new Logger('Kubernetes');
  private readonly writes: BatchedWrites;
  private known = new KnownVersions();
  /** What the full set that is under way has held so far; null while none is. */
  private seen: Set<ResourceKey> | null = null;
  private seenByNamespace = new Map<string, number>();
  private left: number | null = null;
  private changesOfSet = 0;
  /** When the full set that is under way was asked for: no page of it is of an earlier time. */
  private setAsOf: Timestamp | null = null;
  private storedAtBegin = 0;
  private forced: Force | null = null;
  private warnedOfMalformed = false;
  private trustsAbsence = false;

  /** Full sets that were begun, complete or not. */
  begunSets = 0;
  /** Which of them was completed last; 0 before the first. */
  latestSet = 0;
  /** Since when the store agrees with the cluster; null before the first full set, and as it was while one is held. */
  asOf: Timestamp | null = null;
  held: HeldSet | null = null;
  reflector: ReflectorState = { phase: 'stopped' };
  /**
   * Why the scope cannot be followed; null while it can be. A new attempt mends nothing yet: it stands until objects have
   * come, a set is complete, or a watch is open.
   */
  trouble: string | null = null;
  /** Objects that cannot be kept because they have no proper name, uid or version. */
  malformed = 0;
  /** What is worth knowing of the first full set; null for nothing. */
  remark: string | null = null;

  constructor(private readonly options: MirrorSinkOptions) {
    const { kind, writer, observer } = options;
    this.writes = new BatchedWrites(kind, writer, (counts) => observer.written(kind, counts));
  }

  get kind(): KubernetesKind {
    return this.options.kind;
  }

  get scope(): Scope {
    return this.options.scope;
  }

  /** Objects that have been read of the full set under way; after it, all. */
  get count(): number {
    return this.seen?.size ?? this.known.size;
  }

  /** Objects that are still to come, when the apiserver has said so. */
  get remaining(): number | null {
    return this.seen === null ? 0 : this.left;
  }

  /** Objects by namespace, of the latest full set as far as it has come. */
  get byNamespace(): ReadonlyMap<string, number> {
    return this.seenByNamespace;
  }

  /** Takes note of what is stored, before the reflector runs. @returns whether it belongs to this scope */
  prime(key: ResourceKey, version: string): boolean {
    if (!isInScope(this.kind, key, this.scope)) return false;
    this.known.set(key, version);
    return true;
  }

  /** Nothing of what is stored is of this cluster. @param remark says so */
  forget(remark: string): void {
    this.known = new KnownVersions();
    this.remark = remark;
  }

  /** Lets the next full set that begins pass whatever it lacks, if it is complete before that time. */
  force(untilMs: number): void {
    this.forced = { untilMs: Math.max(untilMs, this.forced?.untilMs ?? 0), fromSet: this.begunSets + 1 };
  }

  /** Nobody waits for the full set any more that was to pass. */
  disarm(): void {
    this.forced = null;
  }

  /** Operations of an earlier set that wait to be written stay: what they wrote goes with the completion unless it is seen again. */
  async begin(): Promise<void> {
    const { reflector } = this;
    this.begunSets += 1;
    // All pages are of the time of the first, however long they take.
    this.setAsOf = reflector.phase === 'listing' ? reflector.since : this.options.clock.timestamp();
    this.seen = new Set();
    this.seenByNamespace = new Map();
    this.left = null;
    this.malformed = 0;
    this.storedAtBegin = this.known.size;
    this.changesOfSet = this.writes.size;
    if (this.latestSet > 0) this.remark = null;
    this.options.observer.moved();
  }

  async add(objects: readonly ApiObject[], remaining: number | null): Promise<void> {
    const seen = (this.seen ??= new Set());
    if (objects.length > 0) this.trouble = null;
    for (const object of objects) {
      const identity = this.identified(object);
      if (identity === null) continue;
      if (!seen.has(identity.key)) this.countOf(identity, 1);
      seen.add(identity.key);
      this.put(identity, object);
      // Until it is known whether the set changes much, its changes wait.
      if (this.writes.isFull) await this.writes.flush(this.changesOfSet > LITTLE);
    }
    this.left = remaining;
    this.options.observer.moved();
  }

  async complete(_resourceVersion: string): Promise<void> {
    const { clock, reload } = this.options;
    const seen = this.seen ?? new Set();
    const missing: ResourceKey[] = [];
    for (const key of this.known.keys()) if (!seen.has(key)) missing.push(key);
    const { through, held, reason } = massRemovalGuard({
      missing,
      stored: this.storedAtBegin,
      listed: seen.size,
      percent: this.options.maxRemovedPercent,
      heldBefore: this.held?.keys ?? null,
      isForced: this.takeForce(),
    });
    const isMuch = this.writes.owesReload || this.changesOfSet + through.length > LITTLE;
    for (const key of through) {
      this.remove(key);
      if (this.writes.isFull) await this.writes.flush(isMuch);
    }
    await this.writes.flush(isMuch);
    await this.writes.settled();
    if (this.writes.owesReload) await reload.publish(this);
    else reload.ends(this);
    this.writes.owesReload = false;
    const now = clock.timestamp();
    this.held = reason === null ? null : { since: this.held?.since ?? now, reason, keys: new Set(held) };
    if (reason !== null)
      this.logger.warn(`A full set of ${this.kind} is held, nothing that it lacks is removed: ${reason}`);
    this.seen = null;
    this.changesOfSet = 0;
    this.latestSet = this.begunSets;
    this.trouble = null;
    this.agree(this.setAsOf ?? now);
    this.options.observer.fullSet(this.kind);
  }

  async apply(changes: readonly WatchChange[]): Promise<void> {
    const heardAt = this.options.clock.timestamp();
    for (const { type, object } of changes) {
      const identity = this.identified(object);
      if (identity === null) continue;
      if (type === 'DELETED') {
        if (this.seen?.delete(identity.key) === true) this.countOf(identity, -1);
        this.remove(identity.key);
      } else {
        if (this.seen !== null && !this.seen.has(identity.key)) this.countOf(identity, 1);
        this.seen?.add(identity.key);
        this.put(identity, object);
      }
      if (this.writes.isFull) await this.writes.flush(false);
    }
    await this.writes.flush(false);
    await this.writes.settled();
    this.agree(heardAt);
  }

  async bookmark(_resourceVersion: string): Promise<void> {
    const heardAt = this.options.clock.timestamp();
    await this.writes.settled();
    this.agree(heardAt);
  }

  state(state: ReflectorState): void {
    this.reflector = state;
    if (state.phase === 'listing') this.options.reload.begins(this);
    else this.options.reload.ends(this);
    switch (state.phase) {
      case 'waiting':
        this.trouble = waitingText(state);
        this.judgeAbsence();
        break;
      case 'watching':
        this.trouble = null;
        break;
      case 'listing':
      case 'stopped':
        break;
    }
    this.options.observer.moved();
  }

  /** It is an apiserver that answers, since it has sent a full set: what it calls absent, it lacks. */
  trustAbsence(): void {
    this.trustsAbsence = true;
    this.judgeAbsence();
  }

  /** A cluster without such a kind has no objects of it. One that was there, or of which something is stored, is not believed to have gone. */
  private judgeAbsence(): void {
    const { reflector, trustsAbsence, known, latestSet } = this;
    if (reflector.phase !== 'waiting' || reflector.reason !== 'absent') return;
    if (!trustsAbsence || known.size > 0 || latestSet > 0) return;
    this.trouble = null;
    this.asOf = this.options.clock.timestamp();
  }

  /** At once: one that comes while the set is being written is for the next. @returns whether this set is to pass */
  private takeForce(): boolean {
    const { forced } = this;
    if (forced === null || this.begunSets < forced.fromSet) return false;
    this.forced = null;
    return this.options.clock.now() < forced.untilMs;
  }

  private identified(object: ApiObject): Identity | null {
    const identity = identify(this.kind, object);
    if (identity !== null) return identity;
    this.malformed += 1;
    if (!this.warnedOfMalformed) {
      this.logger.warn(
        `The cluster sends objects of the kind ${this.kind} without a proper name, uid or version; left out`,
      );
    }
    this.warnedOfMalformed = true;
    return null;
  }

  private put(identity: Identity, object: ApiObject): void {
    const { key } = identity;
    this.held?.keys.delete(key);
    const version = versionOf(identity);
    if (this.known.is(key, version)) return;
    this.known.set(key, version);
    const resource = project(identity, object);
    this.writes.queue(key, { type: 'put', resource });
    this.changesOfSet += 1;
  }

  private remove(key: ResourceKey): void {
    this.held?.keys.delete(key);
    if (!this.known.delete(key)) return;
    this.writes.queue(key, { type: 'remove', key });
    this.changesOfSet += 1;
  }

  private countOf({ namespace }: Identity, by: 1 | -1): void {
    if (namespace === null) return;
    this.seenByNamespace.set(namespace, (this.seenByNamespace.get(namespace) ?? 0) + by);
  }

  /** @param heardAt when the cluster said what is written now */
  private agree(heardAt: Timestamp): void {
    if (this.held !== null && this.held.keys.size === 0) this.held = null;
    if (this.seen === null && this.held === null && this.latestSet > 0) this.asOf = heardAt;
    this.options.observer.moved();
  }
}

/** Why a reflector waits, in one line. */
export function waitingText({ reason, error }: Extract<ReflectorState, { phase: 'waiting' }>): string {
  return error.startsWith(reason) ? error : `${reason}: ${error}`;
}

/** Whether the object of that key is looked for in that scope. */
function isInScope(kind: KubernetesKind, key: ResourceKey, scope: Scope): boolean {
  // Of a namespace itself its own name.
  const namespace = KINDS[kind].isNamespaced ? key.slice(0, key.indexOf('/')) : key;
  switch (scope.kind) {
    case 'cluster':
      return true;
    case 'namespace':
      return namespace === scope.namespace;
    case 'all-but':
      return !scope.namespaces.includes(namespace);
  }
}
