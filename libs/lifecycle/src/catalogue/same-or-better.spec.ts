import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAtLeastAsGood, namedGpu, type ProductFacts } from './same-or-better.js';

const gpu = (name: string, beside: Partial<ProductFacts> = {}): ProductFacts => ({
  name,
  cpuPerGpu: 16,
  memoryPerGpu: 64,
  diskPerGpu: 500,
  ...beside,
});

describe('a product in the place of another', () => {
  it.each([
    ['RTX 4090 24GB', 'RTX 4090 24GB'],
    ['rtx  4090 48GB', 'RTX 4090 24GB'],
    ['RTX 4090 24GB', 'RTX 3090 24GB'],
    ['H100 SXM 80GB', 'RTX 4090 24GB'],
    ['H100 SXM 80GB', 'A100 SXM4 80GB'],
    ['H200 SXM 141GB', 'H100 SXM 80GB'],
    ['B200 192GB', 'RTX 5090 32GB'],
    ['Model of next year 96GB', 'Model of next year 96GB'],
  ])('%s is at least as good as %s', (offered, present) => {
    expect(isAtLeastAsGood(gpu(offered), gpu(present))).toBe(true);
  });

  it.each([
    ['less memory', 'A100 SXM4 40GB', 'A100 SXM4 80GB'],
    ['an older generation', 'A100 SXM4 80GB', 'RTX 4090 24GB'],
    ['a memory that is slower', 'L40S 48GB', 'RTX 4090 24GB'],
    ['fewer operations a second', 'RTX 3090 24GB', 'RTX A6000 24GB'],
    ['a generation for which older images hold no code', 'RTX 5090 32GB', 'RTX 4090 24GB'],
    ['a model that nobody here knows', 'Model of next year 96GB', 'RTX 4090 24GB'],
    ['no memory in its name', 'RTX 4090', 'RTX 4090 24GB'],
  ])('is not as good with %s: %s for %s', (_, offered, present) => {
    expect(isAtLeastAsGood(gpu(offered), gpu(present))).toBe(false);
  });

  it.each(['cpuPerGpu', 'memoryPerGpu', 'diskPerGpu'] as const)('is not as good with less %s', (member) => {
    const present = gpu('RTX 4090 24GB');
    expect(isAtLeastAsGood({ ...present, [member]: present[member] - 1 }, present)).toBe(false);
    expect(isAtLeastAsGood({ ...present, [member]: present[member] + 1 }, present)).toBe(true);
  });

  it('is read by its name', () => {
    expect(namedGpu('RTX 6000 Ada 48GB')).toEqual({ model: 'rtx 6000 ada', memoryGb: 48 });
    expect(namedGpu('H200-141 GB')).toEqual({ model: 'h200', memoryGb: 141 });
    expect(namedGpu('24GB')).toBeNull();
  });

  const names = ['RTX 3090', 'RTX 4090', 'L40S', 'A100', 'H100', 'H200 SXM', 'RTX 5090', 'B200', 'Some other'];
  const facts = fc.record({
    name: fc.tuple(fc.constantFrom(...names), fc.constantFrom(24, 48, 80)).map(([name, gb]) => `${name} ${gb}GB`),
    cpuPerGpu: fc.integer({ min: 8, max: 9 }),
    memoryPerGpu: fc.integer({ min: 32, max: 33 }),
    diskPerGpu: fc.integer({ min: 100, max: 101 }),
  });

  it('is always as good as itself, and as whatever that is as good as', () => {
    fc.assert(
      fc.property(facts, facts, facts, (one, other, third) => {
        expect(isAtLeastAsGood(one, one)).toBe(true);
        if (isAtLeastAsGood(one, other) && isAtLeastAsGood(other, third))
          expect(isAtLeastAsGood(one, third)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never as good both ways, unless the two are equal in all that is compared', () => {
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        if (isAtLeastAsGood(one, other) && isAtLeastAsGood(other, one)) expect(one).toEqual(other);
      }),
      { numRuns: 2_000 },
    );
  });
});
