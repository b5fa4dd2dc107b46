import type { ProductCandidate } from '@app/instance-store';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { describeOffer } from './describe-offer.js';

const GOOD = { name: 'llama', productName: 'RTX 4090', image: 'nginx' };

const elsewhere = (region: string | null, usdPerHour: number | null): ProductCandidate => ({
  productId: `p-${region}`,
  productName: 'RTX 4090 24GB',
  clusterId: null,
  region,
  usdPerHour,
});

function offer(asked: Partial<Parameters<typeof describeOffer>[1]>, fallbacks: readonly ProductCandidate[] = []) {
  const record = anInstance({
    spec: { productName: 'RTX 4090 24GB', region: 'US-01 (Dallas)', fallbacks },
    price: { usdPerHour: 0.74 },
  });
  return describeOffer(record, { ...GOOD, ...asked, violations: () => [] }, 'us-01');
}

describe('what the answer to a create says of its offer', () => {
  it('names the region in which it is the cheapest, and the price', () => {
    const expected = { message: 'The cheapest RTX 4090 24GB in stock in US-01 (Dallas), at $0.74 an hour.' };
    expect(offer({})).toEqual(expected);
    expect(offer({ region: 'US-01' })).toEqual(expected);
    expect(offer({}, [elsewhere('EU-01', 0.74), elsewhere('CN-HK-01', null), elsewhere(null, 0.1)])).toEqual(expected);
  });

  it('names the cheapest of those that cost less elsewhere', () => {
    const fallbacks = [elsewhere('US-01 (Dallas)', 0.1), elsewhere('EU-01', 0.66), elsewhere('EU-02', 0.7)];
    const { message, cheaperElsewhere } = offer({}, fallbacks);
    expect(cheaperElsewhere).toEqual({ productId: 'p-EU-01', region: 'EU-01', pricePerHour: 0.66 });
    expect(message).toContain('EU-01 has one at $0.66 an hour');
  });

  it('says that the wanted region has none, unless a storage decided', () => {
    expect(offer({ region: 'CN-HK-01' }).message).toMatch(/^None can be had in CN-HK-01\. The cheapest .* in US-01/);
    const storage = { id: 's' };
    expect(offer({ region: 'CN-HK-01', networkStorages: [storage] }).message).toMatch(/^The cheapest /);
  });

  it('says "anywhere" only of what was looked for anywhere, and "cheapest" of no named product', () => {
    expect(offer({ region: 'Any' })).toEqual({
      message: 'The cheapest RTX 4090 24GB in stock anywhere is in US-01 (Dallas), at $0.74 an hour.',
    });
    expect(offer({ productId: 'p' }, [elsewhere('EU-01', 0.1)])).toEqual({
      message: 'RTX 4090 24GB in US-01 (Dallas), at $0.74 an hour.',
    });
  });
});
