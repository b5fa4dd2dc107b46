import { describe, expect, it } from 'vitest';
import { INSTANCE_STATUSES } from '../format/status.js';
import { commandsFor } from './commands-of.js';
import { anInstance } from './instance.spec.fixture.js';
import { actionLabel, rowActions } from './row-actions.js';

/** Every status with every wish and origin. */
const ALL = INSTANCE_STATUSES.flatMap((status) =>
  /** @type {const} */ (['running', 'stopped', 'deleted']).flatMap((desired) =>
    /** @type {const} */ (['managed', 'adopted', 'discovered']).map((origin) =>
      anInstance({ status, desired, origin }),
    ),
  ),
);

describe('what a row offers', () => {
  it('is all that fits, each once, with one or two of it at hand', () => {
    for (const instance of ALL) {
      const { main, more } = rowActions(instance, true);
      expect([...main, ...more].sort()).toEqual([...commandsFor(instance), 'explain'].sort());
      expect(main.length).toBeLessThanOrEqual(2);
      expect(more.length).not.toBe(1);
      expect(main.length + more.length).toBeGreaterThan(0);
    }
  });

  it('is the explanation alone for who may not command', () => {
    for (const instance of ALL) expect(rowActions(instance, false)).toEqual({ main: ['explain'], more: [] });
  });

  it('has at hand what one most likely wants', () => {
    const main = (/** @type {Parameters<typeof anInstance>[0]} */ members) =>
      rowActions(anInstance(members), true).main;
    expect(main({})).toEqual(['stop']);
    expect(main({ status: 'stopped', desired: 'stopped' })).toEqual(['start']);
    expect(main({ status: 'failed', desired: 'stopped' })).toEqual(['start', 'explain']);
    expect(main({ origin: 'discovered' })).toEqual(['adopt', 'explain']);
    expect(main({ status: 'terminated', desired: 'deleted' })).toEqual(['explain']);
  });

  it('ends a menu with what cannot be undone', () => {
    expect(rowActions(anInstance({}), true).more).toEqual(['restart', 'lease', 'autoStop', 'explain', 'delete']);
    expect(actionLabel('delete')).toBe('Delete…');
  });
});
