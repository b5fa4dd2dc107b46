import { describe, expect, it } from 'vitest';
import { commandOf, SINGLE_KEYS, VIEW_KEYS } from './keys.js';

/** @param {Partial<import('./keys.js').Press>} press */
const press = (press) => ({
  key: 'j',
  hasCommandKey: false,
  hasOther: false,
  isTyping: false,
  isElsewhere: false,
  ...press,
});
const USUAL = { isAfterPrefix: false, areSingleOn: true };

describe('a key', () => {
  it('means what the help says', () => {
    for (const [key, kind] of Object.entries(SINGLE_KEYS)) expect(commandOf(press({ key }), USUAL)).toEqual({ kind });
    expect(commandOf(press({ key: 'q' }), USUAL)).toBeNull();
  });

  it('after g names a view; a key that names none means what it always does', () => {
    expect(commandOf(press({ key: 'g' }), USUAL)).toBe('prefix');
    for (const [key, view] of Object.entries(VIEW_KEYS)) {
      expect(commandOf(press({ key }), { ...USUAL, isAfterPrefix: true })).toEqual({ kind: 'go', view });
    }
    expect(commandOf(press({ key: 'j' }), { ...USUAL, isAfterPrefix: true })).toEqual({ kind: 'next' });
  });

  it('with Ctrl or Cmd opens the palette, also from where text is entered', () => {
    expect(commandOf(press({ key: 'k', hasCommandKey: true, isTyping: true }), USUAL)).toEqual({ kind: 'palette' });
    expect(commandOf(press({ key: 'K', hasCommandKey: true }), USUAL)).toEqual({ kind: 'palette' });
    expect(commandOf(press({ key: 'k', hasCommandKey: true, isElsewhere: true }), USUAL)).toBeNull();
    expect(commandOf(press({ key: 'c', hasCommandKey: true }), USUAL)).toBeNull();
  });

  it('does nothing while text is entered, something else is open, or single keys are off', () => {
    expect(commandOf(press({ isTyping: true }), USUAL)).toBeNull();
    expect(commandOf(press({ isElsewhere: true }), USUAL)).toBeNull();
    expect(commandOf(press({ hasOther: true }), USUAL)).toBeNull();
    expect(commandOf(press({}), { ...USUAL, areSingleOn: false })).toBeNull();
    expect(commandOf(press({ key: 'k', hasCommandKey: true }), { ...USUAL, areSingleOn: false })).toEqual({
      kind: 'palette',
    });
  });
});
