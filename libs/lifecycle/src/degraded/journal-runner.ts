import {
  CommandJournal,
  DegradedMode,
  type EndingEntry,
  isEnding,
  StoreAvailability,
  StoreUnavailableError,
} from '@app/instance-store';
import { delay } from '@app/platform';
import { RedisConnections } from '@app/redis';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { EndingLoop } from './ending-loop.js';
import { JournalReplay } from './journal-replay.js';

const ROUND_MS = 5_000;
/** How often the journals of processes that have ended are searched for. */
const ADOPT_MS = 15_000;
/** The entries that an earlier process has left are carried out before the first request, if that takes no longer. */
const BOOT_PATIENCE_MS = 5_000;

/**
 * Sees to it that what stands in the journal is carried out: straight at the provider while the store is away, by a
 * replay once it is there. The entries that an earlier process has left come first.
 */
@Injectable()
export class JournalRunner implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Journal');
  private readonly shutdown = new AbortController();
  private sleep = new AbortController();
  private adoptedAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> = Promise.resolve();
  private leave: readonly (() => void)[] = [];

  constructor(
    private readonly journal: CommandJournal,
    private readonly replay: JournalReplay,
    private readonly loop: EndingLoop,
    private readonly availability: StoreAvailability,
    private readonly degraded: DegradedMode,
    /** Null: the store is in this process, and never away. */
    @Inject(RedisConnections) private readonly connections: RedisConnections | null,
  ) {}

  onModuleInit(): void {
    if (this.connections === null) return;
    this.availability.onRecovery({
      stage: 'journal',
      name: 'replaying the journal',
      run: (signal) => this.replay.run(signal),
    });
    this.leave = [
      this.journal.subscribe(() => this.sleep.abort()),
      this.availability.subscribe(() => this.sleep.abort()),
    ];
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.connections === null) return;
    const first = this.attempt(async () => {
      await this.adopt();
      await this.carryOut();
    });
    const patience = new AbortController();
    await Promise.race([first, delay(BOOT_PATIENCE_MS, patience.signal)]);
    patience.abort();
    this.running = first.then(() => this.rounds());
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const leave of this.leave) leave();
    this.shutdown.abort();
    this.sleep.abort();
    await this.loop.stop();
    await this.running;
  }

  private async rounds(): Promise<void> {
    while (!this.shutdown.signal.aborted) {
      if (!this.sleep.signal.aborted) await delay(this.isAtRest() ? ADOPT_MS : ROUND_MS, this.sleep.signal);
      this.sleep = new AbortController();
      if (!this.shutdown.signal.aborted) await this.round();
    }
  }

  /** Whatever changes this ends the pause. */
  private isAtRest(): boolean {
    return this.availability.state === 'healthy' && this.journal.size === 0;
  }

  private async round(): Promise<void> {
    await this.attempt(async () => {
      await this.adopt();
      await this.carryOut();
      if (this.degraded.isOn) await this.loop.carryOutKnown();
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.shutdown.signal.aborted) return;
      if (error instanceof StoreUnavailableError && this.degraded.isEnabled) this.availability.refused();
      this.logger.warn('the journal could not be carried out; it is tried again', { err: error });
    }
  }

  private async adopt(): Promise<void> {
    if (performance.now() - this.adoptedAt < ADOPT_MS) return;
    this.adoptedAt = performance.now();
    await this.journal.adopt();
  }

  private async carryOut(): Promise<void> {
    switch (this.availability.state) {
      case 'degraded':
        this.loop.carryOut(this.endings().filter(({ id }) => this.replay.troubleOf(id) !== 'newer'));
        return;
      case 'recovering':
        // Not before the records are there that the store had lost; the recovery replays them itself then.
        return;
      case 'healthy':
      case 'suspect':
        if (this.journal.size === 0) return;
        await this.replay.run(this.shutdown.signal);
        await this.carryOutLost();
    }
  }

  /** An instance whose record nobody can read is ended straight at the provider, unless a sync finds it first. */
  private async carryOutLost(): Promise<void> {
    const endings = this.endings();
    await this.loop.leave(endings.filter(({ id }) => this.replay.troubleOf(id) === 'newer'));
    const lost = endings.filter(({ id }) => this.replay.isLost(id));
    const settled = lost.filter(({ id }) => this.loop.isSettled(id));
    for (const { id, kind, target, observed } of settled) {
      const what = observed?.startedAgainAt === undefined ? 'carried out' : 'not carried out, as it was started again';
      const why =
        this.replay.troubleOf(id) === 'damaged'
          ? 'the record of the instance in Redis is damaged'
          : 'Redis has no record of the instance';
      this.logger.warn(`${what} at Novita; ${why}`, { kind, ...target });
    }
    await this.journal.remove(settled.map(({ id }) => id));
    this.loop.carryOut(lost.filter(({ id }) => !this.loop.isSettled(id)));
  }

  private endings(): readonly EndingEntry[] {
    return this.journal.entries().filter(isEnding);
  }
}
