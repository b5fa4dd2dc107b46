import { describe, expect, it } from 'vitest';
import { parseMemory } from './watch-file.js';

const WHOLE = {
  heardAt: '2026-01-01T12:00:00.000Z',
  readAt: null,
  instances: [{ id: 'i', novitaInstanceId: 'n', name: 'x', marker: '', stopAt: '2026-01-01T13:00:00.000Z' }],
  acts: [
    {
      id: 'i',
      novitaInstanceId: 'n',
      name: 'x',
      stopAt: '2026-01-01T11:00:00.000Z',
      at: '2026-01-01T12:00:00.000Z',
      dryRun: true,
    },
  ],
};

describe('what the watchdog remembers', () => {
  it('is read as it was written', () => {
    expect(parseMemory(JSON.stringify(WHOLE))).toEqual(WHOLE);
  });

  it.each([
    ['half a file', JSON.stringify(WHOLE).slice(0, 80)],
    ['no object', '[]'],
    ['no instant', JSON.stringify({ ...WHOLE, heardAt: 'yesterday' })],
    ['an instance without a deadline', JSON.stringify({ ...WHOLE, instances: [{ id: 'i' }] })],
    ['an act without its time', JSON.stringify({ ...WHOLE, acts: [{ id: 'i' }] })],
  ])('is nothing for %s', (_, text) => {
    expect(parseMemory(text)).toBeNull();
  });
});
