import { type HealthDetails, HealthIndicatorRegistry, type Timestamp } from '@app/platform';
import { Inject, Injectable, type OnModuleInit, Optional } from '@nestjs/common';
import { NovitaSurprises } from './novita-surprises.js';

export type CircuitView = 'closed' | 'half-open' | 'open';

/** Why Novita cannot be used at present. */
export interface NovitaTrouble {
  readonly kind: 'key-refused' | 'unreachable';
  /** The cause without a full stop, such as "Novita refuses NOVITA_API_KEY". */
  readonly message: string;
  readonly since: Timestamp;
}

/** Whether Novita answers, as the calls of this process found out; reading it costs nothing. */
export abstract class NovitaHealth {
  /** `open`: Novita fails and calls are refused at once; `half-open`: one call tries whether it is back. */
  abstract circuitState(): CircuitView;

  /** When Novita answered last, with whatever status; null before the first answer: it is not known yet whether Novita is there. */
  abstract lastAnswerAt(): Timestamp | null;

  /** The trouble that the latest call found; null when it was answered, or before the first. */
  abstract trouble(): NovitaTrouble | null;

  /** Whether what answers says that it is a sandbox, where nothing is real; null before the first answer. */
  abstract sandbox(): boolean | null;
}

/**
 * Shows whether Novita answers. Not needed to be of use: reads go on without it and commands are carried out later, so
 * a process is only `degraded` while it fails.
 */
@Injectable()
export class NovitaIndicator implements OnModuleInit {
  constructor(
    private readonly health: NovitaHealth,
    private readonly registry: HealthIndicatorRegistry,
    @Optional() @Inject(NovitaSurprises) private readonly surprises: Pick<NovitaSurprises, 'latest'> | null = null,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'novita', needed: false, check: () => this.check() });
  }

  private async check(): Promise<HealthDetails> {
    const circuit = this.health.circuitState();
    if (circuit === 'open') throw new Error('Novita fails');
    const trouble = this.health.trouble();
    // A single lost connection is repeated by the client; the circuit breaker reports many.
    if (trouble?.kind === 'key-refused') return { circuit, trouble: trouble.kind, degraded: trouble.message };
    if (this.health.lastAnswerAt() === null) {
      return { circuit, state: 'unknown', degraded: 'Novita has not answered yet' };
    }
    const unknown = this.surprises?.latest() ?? [];
    if (unknown.length === 0) return { circuit };
    // No trouble by itself: the answers are read as far as they can be.
    return { circuit, unknownInAnswers: unknown.map(({ kind, name }) => `${kind}: ${name}`).join('; ') };
  }
}
