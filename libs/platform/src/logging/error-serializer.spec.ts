import { describe, expect, it } from 'vitest';
import { serializeError } from './error-serializer.js';

describe('serializeError', () => {
  it('keeps type, message, code, stack and causes, and no other member', () => {
    const cause = new TypeError('inner');
    const error = Object.assign(new Error('outer', { cause }), {
      code: 'ECONNRESET',
      config: { headers: { a: 'secret' } },
    });
    const logged = serializeError(error);
    expect(logged).toMatchObject({
      type: 'Error',
      message: 'outer',
      code: 'ECONNRESET',
      cause: { type: 'TypeError', message: 'inner' },
    });
    expect(logged.stack).toContain('error-serializer.spec');
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('cuts what is long and ends a chain of causes', () => {
    const error = new Error('x'.repeat(5_000));
    error.cause = error;
    const logged = serializeError(error);
    expect(logged.message).toHaveLength(2_003);
    expect(JSON.stringify(logged).split('"cause"')).toHaveLength(5);
  });

  it.each([
    ['text', 'text'],
    [{ a: 1 }, '{"a":1}'],
    [undefined, 'undefined'],
    [1n, 'a value that cannot be shown'],
  ])('takes what is no error (row %#)', (thrown, message) => {
    expect(serializeError(thrown)).toEqual({ type: typeof thrown, message });
  });
});
