import { ApiserverError, type ApiserverErrorKind } from '../../src/client/apiserver-error.js';
import type { KubernetesClient } from '../../src/client/kubernetes-client.js';
import type { ListPage } from '../../src/client/list-reader.js';
import type { ListQuery, Scope, WatchQuery } from '../../src/client/resource-requests.js';
import type { KindRow } from '../../src/model/kinds.js';
import type { ApiObject } from '../../src/model/resource.js';
import type { WatchChange } from '../../src/reflector/reflector-sink.js';
import type { VirtualTime } from './virtual-time.js';

const FIRST_VERSION = 100;
const PAGE_MS = 200;
const PIECE = 3;
const PIECE_MS = 100;

/** What becomes of the watches that are open. */
export type WatchFault = 'cut' | 'garbage' | 'stall' | 'expired';

/** One kind of a cluster with its history, as an apiserver shows it; in virtual time, and with faults. */
export class ModelCluster implements Pick<KubernetesClient, 'list' | 'watch'> {
  readonly objects = new Map<string, ApiObject>();
  offersWatchList = true;
  /** What the next requests are answered with, one each. */
  readonly errors: ApiserverErrorKind[] = [];
  /** Answers and events by which a version or a token was too old. */
  gone = 0;
  /** Full sets that were begun to be sent and not ended. */
  brokenFullSets = 0;
  refusedWatchLists = 0;
  firstPages = 0;
  watches = 0;
  private version = FIRST_VERSION;
  private oldest = FIRST_VERSION;
  private readonly history: { readonly version: number; readonly change: WatchChange }[] = [];
  private readonly snapshots = new Map<number, readonly ApiObject[]>();
  private readonly streams = new Set<ModelStream>();

  constructor(private readonly time: VirtualTime) {}

  put(name: string): void {
    const before = this.objects.get(name);
    const version = ++this.version;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    const object = { metadata: { name, namespace: 'default', uid, resourceVersion: String(version) } };
    this.objects.set(name, object);
    this.record({ type: before === undefined ? 'ADDED' : 'MODIFIED', object });
  }

  remove(name: string): void {
    const before = this.objects.get(name);
    if (before === undefined) return;
    this.objects.delete(name);
    const metadata = { ...before.metadata, resourceVersion: String(++this.version) };
    this.record({ type: 'DELETED', object: { metadata } });
  }

  /** Forgets what was before now. */
  compact(): void {
    this.oldest = this.version;
    this.snapshots.clear();
  }

  /** @returns how many watches it hit */
  strike(fault: WatchFault): number {
    if (fault === 'expired') this.compact();
    const { size } = this.streams;
    for (const stream of this.streams) {
      if (stream.isFilling) this.brokenFullSets++;
      if (fault === 'expired') this.gone++;
      stream.strike(fault);
    }
    this.streams.clear();
    return size;
  }

  async list(
    _row: KindRow,
    _scope: Scope,
    { limit, continueToken }: ListQuery,
    signal: AbortSignal,
  ): Promise<ListPage> {
    await this.time.wait(PAGE_MS, signal);
    signal.throwIfAborted();
    if (continueToken === null) this.firstPages++;
    const fault = this.errors.shift();
    if (fault !== undefined) {
      if (continueToken !== null) this.brokenFullSets++;
      throw errorOf(fault);
    }
    const [version = this.version, offset = 0] = continueToken?.split('/').map(Number) ?? [];
    if (continueToken === null) this.snapshots.set(version, [...this.objects.values()]);
    const snapshot = this.snapshots.get(version);
    if (snapshot === undefined) {
      this.gone++;
      throw errorOf('gone');
    }
    const end = offset + limit;
    const isLast = end >= snapshot.length;
    return {
      objects: snapshot.slice(offset, end),
      version: String(version),
      continueToken: isLast ? null : `${version}/${end}`,
      remaining: isLast ? null : snapshot.length - end,
      bytes: 0,
    };
  }

  async watch(
    _row: KindRow,
    _scope: Scope,
    { version, timeoutSeconds }: WatchQuery,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly string[]>> {
    await this.time.wait(1, signal);
    signal.throwIfAborted();
    this.watches++;
    const fault = this.errors.shift();
    if (fault !== undefined) throw errorOf(fault);
    if (version === null && !this.offersWatchList) {
      this.refusedWatchLists++;
      throw errorOf('invalid');
    }
    if (version !== null && Number(version) < this.oldest) {
      this.gone++;
      throw errorOf('gone');
    }
    const stream = new ModelStream(version === null, signal);
    this.streams.add(stream);
    void this.feed(stream, version === null ? null : Number(version), timeoutSeconds * 1_000);
    return stream.lines();
  }

  private async feed(stream: ModelStream, from: number | null, timeoutMs: number): Promise<void> {
    let sent = from ?? this.version;
    if (from === null) {
      const snapshot = [...this.objects.values()];
      for (let offset = 0; offset < snapshot.length; offset += PIECE) {
        const piece = snapshot.slice(offset, offset + PIECE);
        stream.push(...piece.map((object) => JSON.stringify({ type: 'ADDED', object })));
        await this.time.wait(PIECE_MS, stream.signal);
      }
      stream.push(bookmark(sent, true));
      stream.isFilling = false;
    }
    for (const { version, change } of this.history) {
      if (version <= sent) continue;
      stream.push(JSON.stringify(change));
      sent = version;
    }
    stream.isLive = true;
    await this.time.wait(timeoutMs - 1_000, stream.signal);
    stream.push(bookmark(this.version, false));
    await this.time.wait(1_000, stream.signal);
    this.streams.delete(stream);
    stream.end();
  }

  private record(change: WatchChange): void {
    this.history.push({ version: this.version, change });
    for (const stream of this.streams) if (stream.isLive) stream.push(JSON.stringify(change));
  }
}

class ModelStream {
  isLive = false;
  private readonly ready: string[] = [];
  private fate: 'open' | 'ended' | 'cut' | 'silent' = 'open';
  private wake: () => void = () => undefined;

  constructor(
    public isFilling: boolean,
    readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  push(...lines: readonly string[]): void {
    if (this.fate !== 'open') return;
    this.ready.push(...lines);
    this.wake();
  }

  end(): void {
    if (this.fate === 'open') this.fate = 'ended';
    this.wake();
  }

  strike(fault: WatchFault): void {
    this.isFilling = false;
    if (fault === 'garbage') this.push('{"type":"ADDED","object":{"metada');
    if (fault === 'expired') {
      this.push(JSON.stringify({ type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } }));
    }
    this.fate = fault === 'cut' ? 'cut' : 'silent';
    this.wake();
  }

  async *lines(): AsyncGenerator<readonly string[]> {
    for (;;) {
      this.signal.throwIfAborted();
      const lines = this.ready.splice(0);
      if (lines.length > 0) {
        yield lines;
        continue;
      }
      if (this.fate === 'cut') throw errorOf('unreachable');
      if (this.fate === 'ended') return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

function bookmark(version: number, endsFullSet: boolean): string {
  const annotations = endsFullSet ? { 'k8s.io/initial-events-end': 'true' } : {};
  return JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version), annotations } } });
}

function errorOf(kind: ApiserverErrorKind): ApiserverError {
  return new ApiserverError(kind, `as the test wants it: ${kind}`, kind === 'throttled' ? 2_000 : null);
}
