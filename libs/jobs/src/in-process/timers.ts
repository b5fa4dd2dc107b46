import type { SchedulerRegistry } from '@nestjs/schedule';

/** Node fires a timer of a longer delay at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Named one-shot timers in Nest's registry, where they can be seen and are cleared at shutdown. */
export class Timers {
  constructor(private readonly registry: SchedulerRegistry) {}

  /** Replaces a timer of the same name. `action` may come early for delays beyond 24 days: it has to look at the time. */
  once(name: string, delayMs: number, action: () => void): void {
    this.cancel(name);
    const fire = (): void => {
      this.registry.deleteTimeout(name);
      action();
    };
    this.registry.addTimeout(name, setTimeout(fire, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS)));
  }

  cancel(name: string): void {
    if (this.registry.doesExist('timeout', name)) this.registry.deleteTimeout(name);
  }
}
