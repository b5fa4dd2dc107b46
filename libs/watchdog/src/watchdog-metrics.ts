import { Clock, MetricsRegistry, msFromTimestamp, SECOND_MS, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';

/** What the gauges show of the watchdog. */
export interface WatchdogFigures {
  /** When its latest round ended; null before the first. */
  readonly lookedAt: Timestamp | null;
  /** For how long the API has been silent, as far as this process has asked it. */
  readonly silentMs: number;
  /** Null when the deadlines were never read. */
  readonly readAt: Timestamp | null;
  readonly remembered: number;
  /** Stops that are to be reported to the API. */
  readonly unreported: number;
}

/**
 * What became of a stop. `accepted`: Novita has taken it. `dry-run`: it was only said. `failed`: Novita could not be asked, or
 * has refused; it is tried again.
 */
const STOP_OUTCOMES = ['accepted', 'dry-run', 'failed'] as const;
export type StopOutcome = (typeof STOP_OUTCOMES)[number];

/** The metrics of the watchdog, in the process of its own: nobody else can say whether it lives. */
@Injectable()
export class WatchdogMetrics {
  private readonly stops: Counter<'outcome'>;
  private figures: (() => WatchdogFigures) | null = null;

  constructor(
    readonly registry: MetricsRegistry,
    private readonly clock: Clock,
  ) {
    this.stops = new Counter({
      name: 'novita_watchdog_stops_total',
      help: 'Stops of overdue instances by outcome; in a dry run they are only said',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of STOP_OUTCOMES) this.stops.inc({ outcome }, 0);
    this.gauge(
      'novita_watchdog_last_look_age_seconds',
      'Time since the watchdog last asked the API and did what follows; absent before the first time',
      ({ lookedAt }) => this.ageSeconds(lookedAt),
    );
    this.gauge(
      'novita_watchdog_api_silent_seconds',
      'For how long the API has not answered the watchdog, counting only time in which it asked; 0 while it answers',
      ({ silentMs }) => silentMs / SECOND_MS,
    );
    this.gauge(
      'novita_watchdog_deadlines',
      'Instances whose deadlines the watchdog remembers; absent until it has read them once',
      ({ readAt, remembered }) => (readAt === null ? null : remembered),
    );
    this.gauge(
      'novita_watchdog_deadlines_age_seconds',
      'Time since the watchdog last read the deadlines completely; absent until it has read them once',
      ({ readAt }) => this.ageSeconds(readAt),
    );
    this.gauge(
      'novita_watchdog_unreported_stops',
      'Stops of the watchdog that it has not reported to the API yet',
      ({ unreported }) => unreported,
    );
  }

  /** @param figures asked each time when Prometheus asks */
  show(figures: () => WatchdogFigures): void {
    this.figures = figures;
  }

  countStop(outcome: StopOutcome): void {
    this.stops.inc({ outcome });
  }

  private gauge(name: string, help: string, of: (figures: WatchdogFigures) => number | null): void {
    const shown = (): number | null => (this.figures === null ? null : of(this.figures()));
    this.registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          const value = shown();
          if (value === null) this.remove();
          else this.set(value);
        },
      }),
    );
  }

  private ageSeconds(at: Timestamp | null): number | null {
    return at === null ? null : Math.max(0, this.clock.now() - msFromTimestamp(at)) / SECOND_MS;
  }
}
