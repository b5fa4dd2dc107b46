import { type HealthDetails, HealthIndicatorRegistry } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { NovitaHealth } from './novita-health.port.js';

/**
 * Shows whether Novita answers. Not needed to be of use: reads go on without it and commands are carried out later, so
 * a process is only `degraded` while it fails.
 */
@Injectable()
export class NovitaIndicator implements OnModuleInit {
  constructor(
    private readonly health: NovitaHealth,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'novita', needed: false, check: () => this.check() });
  }

  private async check(): Promise<HealthDetails> {
    const circuit = this.health.circuitState();
    if (circuit === 'open') throw new Error('Novita fails');
    const trouble = this.health.trouble();
    // A single lost connection is repeated by the client; the circuit breaker tells of many.
    if (trouble?.kind === 'key-refused') return { circuit, trouble: trouble.kind, degraded: trouble.message };
    if (this.health.lastAnswerAt() === null) {
      return { circuit, state: 'unknown', degraded: 'Novita has not answered yet' };
    }
    return { circuit };
  }
}
