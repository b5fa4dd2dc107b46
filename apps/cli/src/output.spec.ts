import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { duration, Output, oneLine, wantsColour } from './output.js';
import { readDuration } from './read-commands.js';

function written(
  show: (out: Output) => void,
  options: { json?: boolean; columns?: number; colour?: boolean } = {},
): string {
  let text = '';
  const columns = options.columns === undefined ? {} : { columns: options.columns };
  const stream = { write: (piece: string) => (text += piece), ...columns };
  show(new Output(stream, options.json ?? false, options.colour ?? false));
  return text;
}

const COLUMNS = [
  { title: 'NAME', of: ({ name }: { name: string }) => name },
  { title: '$', of: ({ usd }: { usd: number }) => String(usd), align: 'right' as const },
];

describe('what the command line writes', () => {
  it('is a table as wide as its contents, numbers to the right', () => {
    const rows = [
      { name: 'a', usd: 10 },
      { name: 'long', usd: 2 },
    ];
    expect(written((out) => out.table(rows, COLUMNS))).toBe('NAME   $\na     10\nlong   2\n');
  });

  it('is no wider than the terminal: the widest column is cut, and says so', () => {
    const rows = [{ name: 'x'.repeat(50), usd: 1 }];
    expect(written((out) => out.table(rows, COLUMNS), { columns: 20 })).toBe(
      `NAME               $\n${'x'.repeat(16)}…  1\n`,
    );
  });

  it('lets no name act on the terminal', () => {
    expect(oneLine('a\u001B[31mb\u0007\nc')).toBe('ab c');
    expect(written((out) => out.table([{ name: '\u001B[2Jgone', usd: 1 }], COLUMNS))).toContain('gone  1');
  });

  it('is JSON where that is wanted, a line for each of a stream', () => {
    const both = (out: Output): void => {
      out.show({ a: 1 }, () => out.line('people'));
      out.each({ b: 2 }, () => 'sentence');
    };
    expect(written(both, { json: true })).toBe('{"a":1}\n{"b":2}\n');
    expect(written(both)).toBe('people\nsentence\n');
  });

  it.each([
    [{}, false, false],
    [{}, true, true],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ])('has colours by %o in a terminal (%s): %s', (env, isTTY, expected) => {
    expect(wantsColour(env, { write: () => undefined, isTTY })).toBe(expected);
  });

  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
    [-5_000, '0 s'],
  ])('says %i ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    ['90s', 90_000],
    ['20', 1_200_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
  ])('reads %s', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  it.each(['', 'h', '-1h', '3 h', '1w', '1e3'])('rejects "%s" as a time', (text) => {
    expect(() => readDuration(text)).toThrow(InvalidArgumentError);
  });
});
