import type { Instance } from '@novita-fleet/client';
import { expect, describe as group, it } from 'vitest';
import { describe, instanceColumns } from './instance-words.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const INSTANCE = {
  id: 'inst_1',
  name: 'one',
  status: 'ready',
  desired: 'running',
  origin: 'managed',
  owner: 'user:ops',
  product: { name: 'RTX 4090' },
  gpuNum: 1,
  image: 'nginx',
  pricePerHour: 2,
  billingMode: 'onDemand',
  createdAt: '2026-03-01T11:00:00.000Z',
  idleSince: '2026-03-01T11:30:00.000Z',
  cost: {
    usd: 1,
    usdPerHour: 2,
    asOf: '2026-03-01T11:45:00.000Z',
    countedFrom: '2026-03-01T11:00:00.000Z',
  },
  portMappings: [],
  connectionDetails: {},
} as unknown as Instance;

const lineOf = (instance: Instance, name: string): string | undefined => new Map(describe(instance, NOW)).get(name);

group('an instance in words', () => {
  it('costs what it has cost until now, and not until it was last counted', () => {
    expect(instanceColumns(NOW).cost.of(INSTANCE)).toBe('$1.50');
    expect(lineOf(INSTANCE, 'cost so far')).toBe('$1.50');
  });

  it('says from when on its cost is counted, where it cost something before', () => {
    const found = { ...INSTANCE, createdAt: '2026-01-01T00:00:00.000Z' };
    expect(lineOf(found, 'cost so far')).toBe('$1.50, counted from 2026-03-01T11:00:00.000Z on');
  });

  it('has a cost that is not known', () => {
    const { cost: _cost, ...unknown } = INSTANCE;
    expect(lineOf(unknown, 'cost so far')).toBe('unknown');
  });

  it('is idle for a time, or nobody knows: one that was made elsewhere and reports no use', () => {
    expect(instanceColumns(NOW).idle.of(INSTANCE)).toBe('30 min');
    expect(lineOf(INSTANCE, 'idle')).toBe('for 30 min');
    const elsewhere: Instance = { ...INSTANCE, origin: 'discovered' };
    expect(instanceColumns(NOW).idle.of(elsewhere)).toBe('unknown');
    expect(lineOf(elsewhere, 'idle')).toBe('unknown: nobody reports its use');
    const reported: Instance = { ...elsewhere, lastUsedAt: '2026-03-01T11:30:00.000Z' };
    expect(lineOf(reported, 'idle')).toBe('for 30 min');
  });
});
