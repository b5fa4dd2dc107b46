import { FleetView } from '@app/instance-store';
import { Clock, HttpSettings, type Timestamp } from '@app/platform';
import { RedisConnections } from '@app/redis';
import { type HeaderPair, type ResourceProgress, SYNC_HEADERS, SyncStatusView, syncHeaders } from '@app/sync';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { API_HEADERS } from './security-headers.js';

const ERROR = 'x-sync-error' satisfies Lowercase<keyof typeof SYNC_HEADERS>;
const SYNC_HEADER_NAMES = Object.keys(SYNC_HEADERS).map((name) => name.toLowerCase());

/** Why a sync failed, for those without a key: which kinds, and not what Novita answered. */
export function errorWithoutKey(resources: readonly Pick<ResourceProgress, 'name' | 'status'>[]): string {
  const failed = resources.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return `${failed.length === 0 ? '' : `${failed.join(', ')} failed; `}an API key shows why`;
}

/** Where mirrored data comes from. A source that reports nothing has no headers. */
export type SyncSource = 'novita' | 'kubernetes';

/** What a source says of its sync, in headers. */
export interface SyncReport {
  /** The same list while nothing changes. */
  pairs(): readonly HeaderPair[];
  /** Why it failed, for those without a key. */
  errorWithoutKey(): string;
}

interface MadeHeaders {
  readonly from: readonly HeaderPair[];
  readonly headers: Readonly<Record<string, string>>;
  readonly error: string | null;
}

const NO_PAIRS: readonly HeaderPair[] = [];
const SILENT: SyncReport = { pairs: () => NO_PAIRS, errorWithoutKey: () => '' };

/** Headers of every answer under /api, rejections included. Costs no round trip, and next to nothing while nothing changes. */
@Injectable()
export class ApiHeaders {
  private readonly fixed: Readonly<Record<string, string>>;
  private readonly clockText: ClockText;
  private readonly reports = new Map<SyncSource, SyncReport>();
  private readonly made = new Map<SyncSource, MadeHeaders>();

  constructor(
    private readonly sync: SyncStatusView,
    private readonly clock: Clock,
    settings: HttpSettings,
    @Inject(RedisConnections) connections: RedisConnections | null,
    private readonly fleet: FleetView,
  ) {
    this.clockText = new ClockText(clock);
    this.reports.set('novita', {
      pairs: () => this.syncPairs(),
      errorWithoutKey: () => errorWithoutKey(this.sync.current().run.resources),
    });
    this.fixed = {
      ...API_HEADERS,
      ...(settings.CORS_ORIGINS.length > 0 && { vary: `${API_HEADERS.vary}, Origin` }),
      'x-data-source': connections === null ? 'memory' : 'redis',
    };
  }

  /** Has the routes of another source than Novita say how far the sync of that one is. */
  report(source: SyncSource, report: SyncReport): void {
    this.reports.set(source, report);
  }

  /** For any caller; the same object while nothing changes. `addError` adds why a sync failed. */
  all(source: SyncSource = 'novita'): Readonly<Record<string, string>> {
    const report = this.reports.get(source) ?? SILENT;
    const from = report.pairs();
    const made = this.made.get(source);
    if (made?.from === from) return made.headers;
    const { [ERROR]: error = null, ...others } = lowerCased(from);
    const headers = {
      ...this.fixed,
      ...others,
      ...(error !== null && { [ERROR]: report.errorWithoutKey() }),
    };
    this.made.set(source, { from, headers, error });
    return headers;
  }

  /** When what an answer is made from was last as Redis has it, while Redis is away; null while it is not. */
  asOf(): Timestamp | null {
    return this.fleet.storeAwaySince();
  }

  /** The present, for an answer that is made from what Redis holds now. */
  now(): Timestamp {
    return this.clockText.now();
  }

  /** For the holder of a key, beside `all`. */
  addError(reply: FastifyReply, source: SyncSource = 'novita'): void {
    const error = this.made.get(source)?.error ?? null;
    if (error !== null) reply.header(ERROR, error);
  }

  /** Whether a listing of Novita has ever completed; before that, no answer is as of any time. */
  knowsFleet(): boolean {
    return this.sync.current().run.instancesAsOf !== null;
  }

  /** For an answer that took so long that its headers about the sync are old by now. */
  renewSync(reply: FastifyReply): void {
    for (const name of SYNC_HEADER_NAMES) reply.removeHeader(name);
    reply.headers(lowerCased(this.syncPairs()));
  }

  private syncPairs(): readonly HeaderPair[] {
    return syncHeaders(this.sync.current(), this.clock.now());
  }
}

function lowerCased(pairs: readonly HeaderPair[]): Record<string, string> {
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}

/** The time of day as text, made once for each millisecond that is asked about. */
export class ClockText {
  private at = Number.NaN;
  private text: Timestamp;

  constructor(private readonly clock: Clock) {
    this.text = clock.timestamp();
  }

  now(): Timestamp {
    const now = this.clock.now();
    if (now !== this.at) {
      this.at = now;
      this.text = this.clock.timestamp();
    }
    return this.text;
  }
}
