import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesLabels, parseLabelSelector, SelectorError } from './label-selector.js';

/** A requirement as a person means it, with its own reading of what it asks for. */
interface Meant {
  readonly text: string;
  readonly holds: (value: string | undefined) => boolean;
  readonly key: string;
}

const key = fc.constantFrom('app', 'tier', 'in', 'notin', 'toString', 'example.com/team', 'x-1.y_z');
const value = fc.constantFrom('', 'a', 'b', 'web', 'in', 'V1.2_x');
const blank = fc.constantFrom('', ' ', '  ', '\t');

const meant: fc.Arbitrary<Meant> = fc.oneof(
  fc.tuple(key, value, fc.constantFrom('=', '=='), blank, blank).map(([key, value, sign, one, two]) => ({
    key,
    text: `${one}${key}${two}${sign}${one}${value}`,
    holds: (had: string | undefined) => had === value,
  })),
  fc.tuple(key, value, blank, blank).map(([key, value, one, two]) => ({
    key,
    text: `${one}${key}${two}!=${one}${value}${two}`,
    holds: (had: string | undefined) => had !== value,
  })),
  fc
    .tuple(key, blank)
    .map(([key, one]) => ({ key, text: `${one}${key}${one}`, holds: (had: string | undefined) => had !== undefined })),
  fc
    .tuple(key, blank)
    .map(([key, one]) => ({ key, text: `${one}!${one}${key}`, holds: (had: string | undefined) => had === undefined })),
  fc
    .tuple(key, fc.array(value, { minLength: 1, maxLength: 3 }), fc.boolean(), blank)
    .map(([key, values, isIn, one]) => ({
      key,
      text: `${key} ${isIn ? 'in' : 'notin'}${one}(${values.map((value) => `${one}${value}`).join(`${one},`)}${one})`,
      holds: (had: string | undefined) => values.some((value) => value === had) === isIn,
    })),
);

describe('a label selector', () => {
  it('selects what each of its requirements does by itself', () => {
    const labels = fc.dictionary(key, value, { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(meant, { maxLength: 4 }), labels, (parts, labels) => {
        const expected = parts.every(({ key, holds }) => holds(Object.hasOwn(labels, key) ? labels[key] : undefined));
        const selector = parseLabelSelector(parts.map(({ text }) => text).join(','));
        expect(matchesLabels(selector, labels)).toBe(expected);
      }),
    );
  });

  it('is parsed or refused at a place within it, whatever it is', () => {
    const odd = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a=!,()in /.-\t😀') }));
    fc.assert(
      fc.property(odd, (text) => {
        try {
          parseLabelSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SelectorError);
          expect((error as SelectorError).position).toBeGreaterThanOrEqual(1);
          expect((error as SelectorError).position).toBeLessThanOrEqual(text.length + 1);
        }
      }),
    );
  });

  it.each([
    ['app=web,', 'expected the key of a label, at character 9'],
    ['=web', 'expected the key of a label, at character 1'],
    ['app=web tier=db', 'expected a comma between two requirements, at character 9'],
    ['app>1', 'expected =, ==, !=, in, notin, a comma or the end, at character 4'],
    ['app within (a)', 'expected =, ==, !=, in, notin, a comma or the end, at character 5'],
    ['app in a,b', 'expected an opening parenthesis, at character 8'],
    ['app in (a b)', 'expected a comma or a closing parenthesis, at character 11'],
    ['app in (a,b', 'expected a comma or a closing parenthesis, at character 12'],
    ['app=-web', 'this is not the value of a label, at character 5'],
    ['app=a/b', 'this is not the value of a label, at character 5'],
    ['a/b/c', 'this is not the key of a label, at character 1'],
    ['Example.com/team', 'this is not the key of a label, at character 1'],
    [`${'k'.repeat(64)}=a`, 'this is not the key of a label, at character 1'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(
      new SelectorError(message.replace(/, at.*/, ''), Number(/\d+$/.exec(message)?.[0])),
    );
  });
});
