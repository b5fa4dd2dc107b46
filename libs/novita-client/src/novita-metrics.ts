import { msFromTimestamp, type Timestamp } from '@app/platform';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { NovitaErrorKind } from './novita.errors.js';
import type { MalformedItem } from './novita.js';
import type { CircuitView } from './novita-health.js';
import { type CallObserver, EXCHANGE_OUTCOMES, type ExchangeOutcome } from './transport/attempt.js';
import { NOVITA_SURFACES, type NovitaSurface } from './transport/novita-request.js';

const CIRCUIT_VALUES: Record<CircuitView, number> = { closed: 0, 'half-open': 1, open: 2 };

/** Every call of this client by its name. A series that begins with its first failure hides that failure. */
export const NOVITA_CALLS: readonly string[] = [
  'GET /clusters',
  'GET /products',
  'GET /cpu/products',
  'GET /templates',
  'GET /template',
  'GET /repository/auths',
  'GET /networkstorages/list',
  'GET /jobs',
  'GET /endpoints',
  'GET /gpu/instances',
  'GET /gpu/instance',
  ...['create', 'edit', 'start', 'stop', 'restart', 'delete', 'migrate'].map((verb) => `POST /gpu/instance/${verb}`),
  'GET /metrics/gpu/instance',
  'GET /billing/balance/detail',
  'GET /billing/bill/list',
];

const NOT_SENT_REASONS: readonly NovitaErrorKind[] = ['rate-limited', 'circuit-open'];

/** The client's metrics. Labels are names of calls and of outcomes, never ids, so their number is bounded. */
export class NovitaMetrics implements Omit<CallObserver, 'surprised'> {
  private readonly requests: Counter<'call' | 'outcome'>;
  private readonly notSentCalls: Counter<'call' | 'reason'>;
  private readonly durations: Histogram<'call'>;
  private readonly malformedItems: Counter<'call'>;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'novita_requests_total',
      help: 'Requests sent to Novita, repeats included, by call and outcome',
      labelNames: ['call', 'outcome'],
      registers,
    });
    this.notSentCalls = new Counter({
      name: 'novita_calls_not_sent_total',
      help: 'Calls to Novita that failed before they were sent, by call and reason',
      labelNames: ['call', 'reason'],
      registers,
    });
    this.durations = new Histogram({
      name: 'novita_request_duration_seconds',
      help: 'Time of one request to Novita until its answer was read',
      labelNames: ['call'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.malformedItems = new Counter({
      name: 'novita_malformed_items_total',
      help: 'Items in answers of Novita that could not be read and were left out',
      labelNames: ['call'],
      registers,
    });
    for (const call of NOVITA_CALLS) this.begin(call);
  }

  /** Shows the circuit breakers; they are read when the metrics are. */
  showCircuits(stateOf: (surface: NovitaSurface) => CircuitView): void {
    const gauge: Gauge<'surface'> = new Gauge({
      name: 'novita_circuit_state',
      help: 'Circuit breaker by surface of the API: 0 closed, 1 half open, 2 open',
      labelNames: ['surface'],
      registers: [this.registry],
      collect() {
        for (const surface of NOVITA_SURFACES) gauge.set({ surface }, CIRCUIT_VALUES[stateOf(surface)]);
      },
    });
  }

  /** Shows when each surface answered last; one that never did has no sample. */
  showLastAnswers(lastAnswerAt: (surface: NovitaSurface) => Timestamp | null): void {
    const gauge: Gauge<'surface'> = new Gauge({
      name: 'novita_last_answer_timestamp_seconds',
      help: 'When Novita answered this process last, by surface of the API; absent before the first answer',
      labelNames: ['surface'],
      registers: [this.registry],
      collect() {
        for (const surface of NOVITA_SURFACES) {
          const at = lastAnswerAt(surface);
          if (at !== null) gauge.set({ surface }, msFromTimestamp(at) / 1_000);
        }
      },
    });
  }

  exchanged(call: string, outcome: ExchangeOutcome, durationMs: number): void {
    this.requests.inc({ call, outcome });
    this.durations.observe({ call }, durationMs / 1_000);
  }

  notSent(call: string, kind: NovitaErrorKind): void {
    this.notSentCalls.inc({ call, reason: kind });
  }

  malformed(call: string, items: readonly MalformedItem[]): void {
    this.malformedItems.inc({ call }, items.length);
  }

  private begin(call: string): void {
    for (const outcome of EXCHANGE_OUTCOMES) this.requests.inc({ call, outcome }, 0);
    for (const reason of NOT_SENT_REASONS) this.notSentCalls.inc({ call, reason }, 0);
    this.malformedItems.inc({ call }, 0);
  }
}
