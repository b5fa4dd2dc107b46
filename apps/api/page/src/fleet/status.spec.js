import { describe, expect, it } from 'vitest';
import { stepLabel } from './status.js';

const probe = (/** @type {boolean} */ ok) => ({
  port: 80,
  protocol: /** @type {const} */ ('http'),
  ok,
  at: '',
  detail: '',
});

const port = { port: 80, type: /** @type {const} */ ('http') };

describe('stepLabel', () => {
  it("is Novita's own word while an instance is on its way", () => {
    expect(stepLabel({ status: 'starting', novitaStatus: 'pulling', portMappings: [] })).toBe('pulling');
    expect(stepLabel({ status: 'starting', novitaStatus: 'starting', portMappings: [] })).toBe('');
    expect(stepLabel({ status: 'ready', novitaStatus: 'running', portMappings: [] })).toBe('');
  });

  it('counts the ports that answer', () => {
    const portMappings = [port, port, port];
    expect(
      stepLabel({ status: 'health_checking', probes: [probe(true), probe(true), probe(false)], portMappings }),
    ).toBe('2/3 ports');
    expect(stepLabel({ status: 'health_checking', portMappings })).toBe('0/3 ports');
    expect(stepLabel({ status: 'health_checking', portMappings: [] })).toBe('');
  });
});
