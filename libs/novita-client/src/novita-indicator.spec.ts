import { HealthIndicatorRegistry } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { type CircuitView, NovitaHealth } from './novita-health.port.js';
import { NovitaIndicator } from './novita-indicator.js';

class KnownHealth extends NovitaHealth {
  constructor(private readonly state: CircuitView) {
    super();
  }

  override circuitState(): CircuitView {
    return this.state;
  }
}

describe('NovitaIndicator', () => {
  it.each([
    ['closed', 'is well'],
    ['half-open', 'is well'],
    ['open', 'fails'],
  ] as const)('a circuit that is %s %s, and is never needed', async (state, verdict) => {
    const registry = new HealthIndicatorRegistry();
    new NovitaIndicator(new KnownHealth(state), registry).onModuleInit();
    const [indicator] = registry.all();
    expect(indicator).toMatchObject({ name: 'novita', needed: false });
    const check = indicator?.check({ signal: AbortSignal.timeout(1_000) });
    if (verdict === 'fails') await expect(check).rejects.toThrow('Novita fails');
    else expect(await check).toEqual({ circuit: state });
  });
});
