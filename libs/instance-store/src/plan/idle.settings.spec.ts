import { Violation } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { idleThresholds } from './idle.settings.js';

const parsed = (text: string): unknown => {
  const value = idleThresholds.parse(text);
  return value instanceof Violation ? value.problem : [...value];
};

describe('thresholds by template', () => {
  it('are times by template id, or off', () => {
    expect(parsed('107672=2h, llm-chat=off,b=0.5 ')).toEqual([
      ['107672', 7_200_000],
      ['llm-chat', 'off'],
      ['b', 30_000],
    ]);
  });

  it.each([
    ['107672', 'entry 1 is not template=time'],
    ['a=1h,', 'entry 2 is not template=time'],
    ['a=', 'entry 1 is not template=time'],
    ['a b=1h', 'entry 1 is not template=time'],
    ['a=1h,a=2h', 'entry 2 names a template for the second time'],
    ['a=1h,b=null', 'entry 2: not a duration'],
    ['a=OFF', 'entry 1: not a duration'],
    ['a=-1', 'entry 1: not a duration'],
    ['a=0', 'entry 1: 0 would mean at once; say off for never'],
    ['a=0s', 'entry 1: 0 would mean at once; say off for never'],
  ])('are not guessed from %s', (text, problem) => {
    expect(parsed(text)).toBe(problem);
  });

  it('are none when nothing is said', () => {
    expect(idleThresholds.whenUnset).toEqual(new Map());
  });
});
