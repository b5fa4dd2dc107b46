import { Injectable } from '@nestjs/common';

/** What an indicator tells of itself, shown to everybody: no addresses, no secrets. */
export type HealthDetails = Readonly<Record<string, unknown>> & {
  /** It works, and why the process is of limited use all the same, in words; left out when all is well. */
  readonly degraded?: string;
};

/** Thrown by an indicator whose reason anybody may read; of other errors only that there was one is shown. */
export class NotWellError extends Error {
  override readonly name = 'NotWellError';

  /** @param state one word, such as `full` */
  constructor(
    readonly state: string,
    message: string,
  ) {
    super(message);
  }
}

export interface HealthIndicator {
  readonly name: string;
  /** Whether the process is of no use without it. One that is not needed only makes it `degraded`. */
  readonly needed: boolean;
  /** Throws, or rejects, when it is not well. */
  readonly check: (options: { readonly signal: AbortSignal }) => Promise<HealthDetails | void>;
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
