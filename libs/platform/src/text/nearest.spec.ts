import { describe, expect, it } from 'vitest';
import { nearest, probablyMeant } from './nearest.js';

const NAMES = ['RTX 4090 24GB', 'RTX 3090 24GB', 'H100 SXM 80GB', 'US-CA-06 (California)', 'US-CA-01', 'CN-HK-01'];

describe('the nearest of some names', () => {
  it.each([
    ['US-CA-6', 'US-CA-06 (California)'],
    ['us-ca-06', 'US-CA-06 (California)'],
    ['RTX4090', 'RTX 4090 24GB'],
    ['RTX 4O90 24GB', 'RTX 4090 24GB'],
    ['h100', 'H100 SXM 80GB'],
  ])('%s: %s', (word, near) => {
    expect(nearest(word, NAMES)[0]).toBe(near);
    expect(probablyMeant(word, NAMES)).toBe(near);
  });

  it('offers nothing that is spelled quite differently as what was meant', () => {
    expect(probablyMeant('lease', ['enabled', 'thresholdMinutes'])).toBeNull();
    expect(probablyMeant('colour', [])).toBeNull();
  });
});
