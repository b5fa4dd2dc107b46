import { Clock, type HealthDetails, HealthIndicatorRegistry, MetricsRegistry, ShortMemory } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { QUARANTINE_KINDS, Quarantine, type QuarantineCounts, type QuarantineKind } from './quarantine.port.js';

/** A reading is remembered for so long, so that checks of health and scrapes share it. */
const REMEMBERED_MS = 5_000;
/** Of what the others say, the records know; of these a machine may bill, or a command or a message may be lost. */
const NEEDS_SOMEBODY: readonly QuarantineKind[] = ['record', 'record-newer', 'journal-line', 'webhook-delivery'];

/** Shows in health and metrics what is set aside in the fleet. */
@Injectable()
export class QuarantineReport implements OnModuleInit {
  private readonly memory: ShortMemory<QuarantineCounts>;

  constructor(
    private readonly quarantine: Quarantine,
    private readonly health: HealthIndicatorRegistry,
    private readonly metrics: MetricsRegistry,
    clock: Clock,
  ) {
    this.memory = new ShortMemory(clock, REMEMBERED_MS);
  }

  onModuleInit(): void {
    this.health.register({ name: 'quarantine', needed: false, check: () => this.details() });
    const read = (): Promise<QuarantineCounts | null> => this.read();
    const gauge = new Gauge({
      name: 'novita_quarantine_entries',
      help: 'Stored things that cannot be read and are set aside at present, by kind',
      labelNames: ['kind'],
      async collect() {
        const counts = await read();
        for (const kind of QUARANTINE_KINDS) {
          if (counts === null) this.remove({ kind });
          else this.set({ kind }, counts[kind]);
        }
      },
      registers: [],
    });
    this.metrics.fleet.registerMetric(gauge);
  }

  private async details(): Promise<HealthDetails> {
    const counts = await this.read();
    if (counts === null) return {};
    const total = NEEDS_SOMEBODY.reduce((sum, kind) => sum + counts[kind], 0);
    if (total === 0) return {};
    const things =
      total === 1 ? 'One stored thing cannot be read and is' : `${total} stored things cannot be read and are`;
    return { entries: total, degraded: `${things} set aside: GET /api/v1/admin/quarantine names what and why` };
  }

  /** @returns null while it is not known; that Redis is away is said by another indicator */
  private async read(): Promise<QuarantineCounts | null> {
    try {
      return await this.memory.recall(0, () => this.quarantine.counts());
    } catch {
      return null;
    }
  }
}
