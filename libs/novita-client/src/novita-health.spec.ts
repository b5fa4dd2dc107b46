import { HealthIndicatorRegistry, type Timestamp } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { type CircuitView, NovitaHealth, NovitaIndicator, type NovitaTrouble } from './novita-health.js';

class KnownHealth extends NovitaHealth {
  constructor(
    private readonly state: CircuitView,
    private readonly known: NovitaTrouble | null = null,
    private readonly answeredAt: Timestamp | null = '2026-03-01T09:00:00.000Z' as Timestamp,
  ) {
    super();
  }

  override lastAnswerAt(): Timestamp | null {
    return this.answeredAt;
  }

  override trouble(): NovitaTrouble | null {
    return this.known;
  }

  override sandbox(): boolean | null {
    return null;
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

  it('is not known before Novita has answered for the first time, even if one call was lost', async () => {
    const since = '2026-03-01T10:00:00.000Z' as Timestamp;
    const lost = { kind: 'unreachable', message: 'Novita cannot be reached: ECONNREFUSED', since } as const;
    for (const trouble of [null, lost]) {
      const registry = new HealthIndicatorRegistry();
      new NovitaIndicator(new KnownHealth('closed', trouble, null), registry).onModuleInit();
      const [indicator] = registry.all();
      expect(await indicator?.check({ signal: AbortSignal.timeout(1_000) })).toEqual({
        circuit: 'closed',
        state: 'unknown',
        degraded: 'Novita has not answered yet',
      });
    }
  });

  it('is not well with a key that is refused, although Novita answers', async () => {
    const registry = new HealthIndicatorRegistry();
    const since = '2026-03-01T10:00:00.000Z' as Timestamp;
    const message = 'Novita refuses NOVITA_API_KEY';
    new NovitaIndicator(new KnownHealth('closed', { kind: 'key-refused', message, since }), registry).onModuleInit();
    const [indicator] = registry.all();
    expect(await indicator?.check({ signal: AbortSignal.timeout(1_000) })).toEqual({
      circuit: 'closed',
      trouble: 'key-refused',
      degraded: message,
    });
  });
});
