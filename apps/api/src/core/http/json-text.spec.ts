import { Problem } from '@app/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './json-text.js';

function problemOf(text: string): Problem {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`it was read: ${text.slice(0, 100)}`);
}

describe('readJson', () => {
  it('reads what JSON.parse reads, to the same value', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), fc.constantFrom(undefined, 1, '\r\n\t'), (text, space) => {
        const written = JSON.stringify(JSON.parse(text), null, space);
        // Members that each object has already are refused.
        fc.pre(Object.getOwnPropertyNames(Object.prototype).every((name) => !written.includes(`"${name}":`)));
        expect(readJson(written)).toEqual(JSON.parse(written));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const letters = fc.constantFrom(...'{}[]",:\\u0019.eE+-tfn \n\'x'.split(''), 'true', 'null', '"a"', '":', ',"b"');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (!isJson) expect(problemOf(text).type.code).toBe('malformed-json');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['{"name":', 'where it ends, at line 1, column 9: a value is expected'],
    ['{"name":"a",}', 'at line 1, column 13: the name of a member in double quotes is expected'],
    ['{"name":"a"\n "b":1}', 'at line 2, column 2: a comma or } is expected'],
    ['[1 2]', 'at line 1, column 4: a comma or ] is expected'],
    ['{"name" "a"}', 'at line 1, column 9: a colon is expected'],
    ["{'name':1}", 'at line 1, column 2: the name of a member in double quotes is expected'],
    ['{"name":\'a\'}', 'at line 1, column 9: text must stand in double quotes'],
    ['name=x', 'at line 1, column 1: a value is expected'],
    ['{"a":NaN}', 'at line 1, column 6: a value is expected'],
    ['{"a":truest}', 'at line 1, column 6: a value is expected'],
    ['{"a":01}', 'at line 1, column 7: a comma or } is expected'],
    ['{"a":"x\ny"}', 'at line 1, column 8: line breaks and control characters must be escaped in text'],
    ['{"a":"\\x"}', 'at line 1, column 7: this is no escape sequence of JSON'],
    ['{"a":"b', 'where it ends, at line 1, column 8: the closing double quote of a text is expected'],
    ['{"a":1}}', 'at line 1, column 8: the end of the body is expected'],
  ])('says where %j is no JSON', (text, where) => {
    const { type, details } = problemOf(text);
    expect([type.code, details.detail]).toEqual(['malformed-json', `The body is not JSON ${where}.`]);
  });

  it.each([
    ['{"gpuNum":1,"gpuNum":8,"gpuNum":8}', '/gpuNum', 'stands there more than once'],
    ['{"gpuNum":1,"\\u0067puNum":8}', '/gpuNum', 'stands there more than once'],
    ['{"envs":[{"key":"A"},{"a/b~":1,"a/b~":2}]}', '/envs/1/a~1b~0', 'stands there more than once'],
    ['{"__proto__":{"admin":true}}', '/__proto__', 'is not a known member'],
    ['{"a":{"constructor":{"prototype":{}}}}', '/a/constructor', 'is not a known member'],
    ['{"a":["\\ud800x"]}', '/a/0', 'holds half of a surrogate pair, which is no character'],
  ])('refuses %j, of which something would be lost', (text, pointer, detail) => {
    const { type, details } = problemOf(text);
    expect([type.code, details.errors]).toEqual(['validation-failed', [{ pointer, detail }]]);
  });

  it('takes two members of one name in two objects, and both halves of a pair', () => {
    expect(readJson('[{"a":1},{"a":{"a":"\\ud83d\\ude00"}}]')).toEqual([{ a: 1 }, { a: { a: '😀' } }]);
  });

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"a":[', ']}'],
  ])('refuses %s nested 20,000 deep, and takes 16 of it', (open, close) => {
    const nested = (times: number): string => `{"envs":${open.repeat(times)}1${close.repeat(times)}}`;
    expect(problemOf(nested(20_000)).details.errors).toEqual([
      { pointer: '/envs', detail: 'must not be nested more than 32 deep' },
    ]);
    expect(readJson(nested(15))).toBeDefined();
  });

  it('refuses more members than any input has, whatever they are called', () => {
    const many = (count: number) =>
      JSON.stringify({
        value: Object.fromEntries(Array.from({ length: count - 1 }, (_, index) => [`m${index}`, index])),
      });
    expect(problemOf(many(1_001)).details.errors).toEqual([
      { pointer: '', detail: 'must have at most 1000 members in all' },
    ]);
    const { value } = readJson(many(1_000)) as { value: Record<string, number> };
    expect(Object.keys(value)).toHaveLength(999);
  });

  it.each(['toString', 'valueOf', 'hasOwnProperty', '__defineGetter__'])(
    'refuses a member called %s, which each object has',
    (name) => {
      expect(problemOf(`{"${name}":1}`).details.errors).toEqual([
        { pointer: `/${name}`, detail: 'is not a known member' },
      ]);
    },
  );

  it('reads a megabyte of text and of elements', () => {
    const values = ['x'.repeat(1e6), '\n'.repeat(5e5), Array.from({ length: 4e5 }, () => 1)];
    for (const text of values.map((value) => JSON.stringify({ value }))) {
      expect(JSON.stringify(readJson(text)) === text).toBe(true);
    }
  });
});
