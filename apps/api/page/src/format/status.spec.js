import { describe, expect, it } from 'vitest';
import { stepWords } from './status.js';

const probe = (/** @type {boolean} */ ok) => ({
  port: 80,
  protocol: /** @type {const} */ ('http'),
  ok,
  at: '',
  detail: '',
});
const port = { port: 80, type: /** @type {const} */ ('http') };

describe('stepWords', () => {
  it("is Novita's own word while an instance is on its way", () => {
    expect(stepWords({ status: 'starting', novitaStatus: 'pulling', portMappings: [] })).toBe('pulling');
    expect(stepWords({ status: 'starting', novitaStatus: 'starting', portMappings: [] })).toBe('');
    expect(stepWords({ status: 'ready', novitaStatus: 'running', portMappings: [] })).toBe('');
  });

  it('counts the ports that answer', () => {
    const portMappings = [port, port, port];
    expect(
      stepWords({ status: 'health_checking', probes: [probe(true), probe(true), probe(false)], portMappings }),
    ).toBe('2/3 ports');
    expect(stepWords({ status: 'health_checking', portMappings })).toBe('0/3 ports');
    expect(stepWords({ status: 'health_checking', portMappings: [] })).toBe('');
  });
});
