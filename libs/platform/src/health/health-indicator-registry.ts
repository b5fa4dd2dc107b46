import { Injectable } from '@nestjs/common';

export interface HealthIndicator {
  readonly name: string;
  /** Whether the process is of no use without it. One that is not needed only makes it `degraded`. */
  readonly needed: boolean;
  /** Throws, or rejects, when it is not well. What it returns is shown to everybody: no addresses, no secrets. */
  readonly check: (options: { readonly signal: AbortSignal }) => Promise<Record<string, unknown> | void>;
}

/** What this process depends on. Libraries add their own at boot. */
@Injectable()
export class HealthIndicatorRegistry {
  private readonly byName = new Map<string, HealthIndicator>();

  /** @throws Error when the name is taken */
  register(indicator: HealthIndicator): void {
    if (this.byName.has(indicator.name)) throw new Error(`two health indicators are called ${indicator.name}`);
    this.byName.set(indicator.name, indicator);
  }

  all(): readonly HealthIndicator[] {
    return [...this.byName.values()];
  }
}
