import { type Clock, HOUR_MS, type Timestamp } from '@app/platform';
import type { Logger } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { SURPRISE_KINDS, type Surprise, type SurpriseKind } from './parsing/surprises.js';

/** Something in Novita's answers that this version does not know. */
export interface SeenSurprise extends Surprise {
  readonly at: Timestamp;
}

/** Names kept, the latest ones; a service that invents names without end must not fill the memory. */
const MOST_KEPT = 50;
/** Names shown. */
const MOST_SHOWN = 10;

/** Counts what in Novita's answers is unknown, keeps its latest names, and logs each name once an hour. */
export class NovitaSurprises {
  private readonly counter: Counter<'kind'>;
  /** By kind and name, the latest last; with the time at which it was logged. */
  private readonly seen = new Map<string, SeenSurprise & { readonly loggedMs: number }>();

  constructor(
    registry: Registry,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.counter = new Counter({
      name: 'novita_answer_surprises_total',
      help: 'Statuses, fields, types and reasons in answers of Novita that this version does not know, and members that are missing',
      labelNames: ['kind'],
      registers: [registry],
    });
    for (const kind of SURPRISE_KINDS) this.counter.inc({ kind }, 0);
  }

  note(call: string, found: readonly Surprise[]): void {
    for (const { kind, name } of found) this.noteOne(call, kind, name);
  }

  /** The latest, at most ten, the latest first. */
  latest(): readonly SeenSurprise[] {
    return [...this.seen.values()]
      .toReversed()
      .slice(0, MOST_SHOWN)
      .map(({ kind, name, at }) => ({ kind, name, at }));
  }

  private noteOne(call: string, kind: SurpriseKind, name: string): void {
    this.counter.inc({ kind });
    const key = `${kind} ${name}`;
    const now = this.clock.now();
    const before = this.seen.get(key);
    const isDue = before === undefined || now - before.loggedMs >= HOUR_MS;
    this.seen.delete(key);
    this.seen.set(key, { kind, name, at: this.clock.timestamp(), loggedMs: isDue ? now : before.loggedMs });
    const [oldest] = this.seen.keys();
    if (this.seen.size > MOST_KEPT && oldest !== undefined) this.seen.delete(oldest);
    if (isDue) this.logger.warn(`${call}: an unknown ${kind} in an answer of Novita: ${name}`);
  }
}
