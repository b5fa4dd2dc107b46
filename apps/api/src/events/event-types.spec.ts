import { describe, expect, it } from 'vitest';
import { EVENT_FAMILIES, EVENT_TYPES, hintForUnknownType } from './event-types.js';

describe('the hint for an unknown type of event', () => {
  it.each([
    ['instance.redy', 'instance.ready'],
    ['instance.Auto-Stopped', 'instance.auto_stopped'],
    ['instances.ready', 'instance.ready'],
    ['instances.*', 'instance.*'],
    ['instance', 'instance.*'],
    ['ready', 'instance.ready'],
    ['webhook.disable', 'webhook.disabled'],
  ])('%s: the nearest is %s', (name, near) => {
    expect(hintForUnknownType(name)).toBe(`the nearest is ${near}`);
  });

  it.each(['spend.limit_reached', 'spend.', 'spend.x', 'spend.*.*', `spend.${'x'.repeat(200)}`])(
    '%s: no member is like it, so all of the family are named',
    (name) => {
      expect(hintForUnknownType(name)).toBe('those of spend.* are spend.warning, spend.bill_differs');
    },
  );

  it('names no member that has little more than the family in common', () => {
    const instances = EVENT_TYPES.filter((type) => type.startsWith('instance.')).join(', ');
    for (const name of ['instance.exited', 'instance.foo', 'instance.heartbeat']) {
      expect(hintForUnknownType(name)).toBe(`those of instance.* are ${instances}`);
    }
  });

  it.each(['', '*', '*.*', 'a', 'all', 'machine.exploded', 'x'.repeat(200)])('%s: nothing is like it', (name) => {
    expect(hintForUnknownType(name)).toBe(`those are ${EVENT_FAMILIES.join(', ')} and their members`);
  });
});
