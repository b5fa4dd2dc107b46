import { Clock, MetricsRegistry, oneLine } from '@app/platform';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import {
  type CountedSighting,
  QUARANTINE_BATCH,
  QUARANTINE_KINDS,
  QUARANTINE_TEXT_BYTES,
  Quarantine,
  type QuarantineKind,
  quarantineId,
  quarantineRank,
  type Sighting,
} from './quarantine.port.js';
import { cutTo, redacted } from './redacted.js';

/** Things that wait to be noted; what comes beyond is in the log of whoever found it, and will be seen again. */
const MOST_WAITING = QUARANTINE_BATCH;
/** Of each rank and those below it, so that what is met again leaves room for what is found once. */
const MOST_WAITING_OF_RANK = { 0: MOST_WAITING / 2, 1: (MOST_WAITING * 3) / 4, 2: MOST_WAITING } as const;
/** A page of records may be damaged as a whole: its sightings are noted together. */
const GATHER_MS = 500;
const TRY_AGAIN_MS = 5_000;
/** Longest reason and name that are kept. */
const MOST_CHARACTERS = 300;

/** Takes what could not be read; see `QuarantineReporter`. */
export type ReportUnreadable = (sighting: Sighting) => void;

/**
 * Takes sightings from code that reads, without making it wait, and notes them in the quarantine together: redacted and cut,
 * so that no other code has to think of it. The same thing seen again meanwhile is counted. While Redis is away they wait.
 */
@Injectable()
export class QuarantineReporter implements OnApplicationShutdown {
  private readonly logger = new Logger('Quarantine');
  private waiting = new Map<string, CountedSighting>();
  private timer: NodeJS.Timeout | null = null;
  private noting: Promise<void> = Promise.resolve();
  private readonly added: Counter<'kind'>;
  private readonly dropped: Counter;

  constructor(
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
    metrics: MetricsRegistry,
  ) {
    this.added = new Counter({
      name: 'novita_quarantined_total',
      help: 'Stored things that could not be read and were set aside, once each, by the process that found them',
      labelNames: ['kind'],
      registers: [metrics],
    });
    for (const kind of QUARANTINE_KINDS) this.added.inc({ kind }, 0);
    this.dropped = new Counter({
      name: 'novita_quarantine_dropped_total',
      help: 'Entries of the quarantine that made room for later ones',
      registers: [metrics],
    });
  }

  /** Never throws. */
  report({ kind, where, reason, text }: Sighting): void {
    const name = oneLine(where, MOST_CHARACTERS);
    const id = quarantineId(kind, name);
    const at = this.clock.timestamp();
    const known = this.waiting.get(id);
    if (known === undefined && !hasRoom(this.waiting, kind)) return;
    this.waiting.set(id, {
      kind,
      where: name,
      reason: oneLine(reason, MOST_CHARACTERS),
      // A thing may be met a hundred times a second; its text is read once.
      text: known?.text ?? cutTo(redacted(cutTo(text, QUARANTINE_TEXT_BYTES)), QUARANTINE_TEXT_BYTES),
      firstAt: known?.firstAt ?? at,
      lastAt: at,
      times: (known?.times ?? 0) + 1,
    });
    this.noteIn(GATHER_MS);
  }

  /** Notes what waits now; comes back once that is done or has failed. */
  flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.noting = this.noting.then(() => this.noteAll());
    return this.noting;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private noteIn(ms: number): void {
    this.timer ??= setTimeout(() => void this.flush(), ms).unref();
  }

  private async noteAll(): Promise<void> {
    const sightings = this.waiting;
    if (sightings.size === 0) return;
    this.waiting = new Map();
    try {
      const { added, dropped } = await this.quarantine.note([...sightings.values()]);
      for (const kind of added) this.added.inc({ kind });
      this.dropped.inc(dropped);
    } catch (error) {
      const reason = oneLine(error instanceof Error ? error.message : String(error), MOST_CHARACTERS);
      this.logger.warn(`What was set aside could not be noted yet: ${reason}`);
      this.waiting = merged(sightings, this.waiting);
      this.noteIn(TRY_AGAIN_MS);
    }
  }
}

function hasRoom(waiting: ReadonlyMap<string, CountedSighting>, kind: QuarantineKind): boolean {
  if (waiting.size >= MOST_WAITING) return false;
  const rank = quarantineRank(kind);
  let below = 0;
  for (const other of waiting.values()) if (quarantineRank(other.kind) <= rank) below += 1;
  return below < MOST_WAITING_OF_RANK[rank];
}

/** Both, at most as many as may wait. */
function merged(
  before: ReadonlyMap<string, CountedSighting>,
  later: ReadonlyMap<string, CountedSighting>,
): Map<string, CountedSighting> {
  const all = new Map(before);
  for (const [id, sighting] of later) {
    const known = all.get(id);
    if (known === undefined && !hasRoom(all, sighting.kind)) continue;
    const { firstAt = sighting.firstAt, times = 0 } = known ?? {};
    all.set(id, { ...sighting, firstAt, times: times + sighting.times });
  }
  return all;
}
