import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildMarker, carriesMarker, nameAtProvider, parseMarkedName } from './identity.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ulids = fc.string({ unit: fc.constantFrom(...CROCKFORD), minLength: 26, maxLength: 26 });
const fleets = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'),
  minLength: 4,
  maxLength: 4,
});
const names = fc.string({ unit: fc.constantFrom(...'abcXYZ019-'), minLength: 1, maxLength: 200 });

describe('marker', () => {
  it('is read back from the name at the provider, whatever the name', () => {
    fc.assert(
      fc.property(names, fleets, ulids, (name, fleetId, ulid) => {
        const marker = buildMarker(fleetId, ulid);
        const marked = nameAtProvider(name, marker);
        expect(parseMarkedName(marked)).toEqual({ name, marker, fleetId });
        expect(marked).toMatch(/^[A-Za-z0-9-]{1,255}$/);
        expect(carriesMarker(marked, marker)).toBe(true);
        expect(carriesMarker(`${marked}x`, marker)).toBe(false);
      }),
    );
  });

  it('names no fleet in the older form, and is still found in a name', () => {
    expect(parseMarkedName('train-nfab0123456789')).toEqual({
      name: 'train',
      marker: '-nfab0123456789',
      fleetId: null,
    });
    expect(carriesMarker('train-nfab0123456789', '-nfab0123456789')).toBe(true);
  });

  it.each(['train', 'train-nf', 'train-nfabcd-0123456789', 'train-nfabcd012345678', 'train-nfabcd0123456789-copy'])(
    'is not seen in %s',
    (name) => {
      expect(parseMarkedName(name)).toBeNull();
    },
  );
});
