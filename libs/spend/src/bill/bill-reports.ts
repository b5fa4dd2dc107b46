import { StoreUnavailableError } from '@app/instance-store';
import { BILL_CHECK, JobQueue, noWorker, WorkerPresence } from '@app/jobs';
import { Clock, MetricsRegistry, ShortMemory } from '@app/platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { differenceRatio } from './bill-day.js';
import { BillStore } from './bill-store.js';

/** Begins a check that somebody asks for. */
@Injectable()
export class BillTrigger {
  private readonly logger = new Logger(BillTrigger.name);

  constructor(
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
  ) {}

  /** Also where BILL_CHECK is false: that is about the schedule. @throws Problem `no-worker`; QueueUnavailableError */
  async trigger({ keyName }: { readonly keyName: string }): Promise<void> {
    if (!(await this.workers.isAnyAlive(BILL_CHECK.queue))) throw noWorker('the check');
    await this.queue.enqueue(BILL_CHECK, { trigger: 'manual' });
    this.logger.log("a check of Novita's bill was asked for", { by: keyName });
  }
}

/** It changes a few times a day. */
const REMEMBERED_MS = 60_000;

/** The difference of the latest day that could be compared; absent while there is none and while the store is away. */
@Injectable()
export class BillGauge implements OnModuleInit {
  private readonly memory: ShortMemory<number | null>;

  constructor(
    private readonly store: BillStore,
    private readonly registry: MetricsRegistry,
    clock: Clock,
  ) {
    this.memory = new ShortMemory(clock, REMEMBERED_MS);
  }

  onModuleInit(): void {
    const latest = (): Promise<number | null> => this.latest();
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_bill_difference_ratio',
        help: 'What Novita has billed beyond what the meters have counted on the latest day that could be compared, in parts of the greater of the two; below 0 when less was billed',
        registers: [],
        async collect() {
          const ratio = await latest();
          if (ratio === null) this.remove();
          else this.set(ratio);
        },
      }),
    );
  }

  private async latest(): Promise<number | null> {
    try {
      return await this.memory.recall(0, () => this.read());
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }

  private async read(): Promise<number | null> {
    const { days } = await this.store.read();
    const ratios = [...days.values()].toSorted((a, b) => b.day - a.day).map(differenceRatio);
    return ratios.find((ratio) => ratio !== null) ?? null;
  }
}
