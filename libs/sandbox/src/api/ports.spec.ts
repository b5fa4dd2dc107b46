import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTogether, parsePortString } from './ports.js';
import { Refusal } from './refusal.js';

const RESERVED = [2222, 2223, 2224];
const allowed = fc.integer({ min: 1, max: 65_535 }).filter((port) => !RESERVED.includes(port));
const portSpec = fc.record({ port: allowed, type: fc.constantFrom<'http' | 'tcp'>('http', 'tcp') });

describe('parsePortString', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.array(portSpec), (specs) => {
        const text = specs.map(({ port, type }) => `${port}/${type}`).join(',');
        expect(parsePortString(text)).toEqual(specs);
      }),
    );
  });

  it('allows spaces around the commas, and nothing at all', () => {
    expect(parsePortString(' 80/http , 22/tcp ')).toEqual([
      { port: 80, type: 'http' },
      { port: 22, type: 'tcp' },
    ]);
    expect(parsePortString('')).toEqual([]);
  });

  it.each([
    '80',
    '80/',
    '/http',
    '80/HTTP',
    '80/udp',
    '80/http,',
    '80:http',
    '-1/tcp',
    '0/tcp',
    '65536/tcp',
    '2222/tcp',
  ])('refuses %s', (text) => {
    expect(() => parsePortString(text)).toThrow(Refusal);
  });

  it('reads any text or refuses it, and throws nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(outcomeOf(text)).toSatisfy((outcome) => Array.isArray(outcome) || outcome instanceof Refusal);
      }),
    );
  });
});

function outcomeOf(text: string): unknown {
  try {
    return parsePortString(text);
  } catch (error) {
    return error;
  }
}

function ports(count: number) {
  return Array.from({ length: count }, (_, index) => ({ port: index + 1, type: 'tcp' as const }));
}

describe('checkTogether', () => {
  it('allows fifteen ports and tools together, not sixteen', () => {
    expect(() => checkTogether(ports(14), ports(1))).not.toThrow();
    expect(() => checkTogether(ports(15), ports(1))).toThrow('at most 15');
  });

  it('refuses a port that comes twice, whatever its type', () => {
    expect(() => checkTogether([...ports(1), { port: 1, type: 'http' }], [])).toThrow('twice');
  });
});
