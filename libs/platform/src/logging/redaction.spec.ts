import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineRedactor, serializeError } from './redaction.js';

const redact = createLineRedactor([]);
const SECRET = 'hunter2-hunter2';

describe('members with a secret name', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'password',
    'passwd',
    'sshPassword',
    'webhookSecret',
    'WEBHOOK_SECRET',
    'token',
    'accessToken',
    'apiKey',
    'api_key',
    'x-api-key',
    'apiKeys',
    'API_KEYS',
    'NOVITA_API_KEY',
    'UPSTASH_REDIS_REST_TOKEN',
    'credentials',
  ])('loses the value of %s, wherever it stands', (name) => {
    for (const record of [
      { [name]: SECRET },
      { a: { b: [{ [name]: SECRET, kept: 1 }] } },
      { [name]: [SECRET, { x: SECRET }] },
    ]) {
      const line = redact(JSON.stringify(record));
      expect(line).not.toContain(SECRET);
      expect(line).toContain(`"${name}":"[redacted]"`);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });

  it.each([
    { envs: { HF_TOKEN: SECRET, plain: `${SECRET}"]}` } },
    { envs: [{ key: 'HF', value: SECRET }] },
    { body: { envs: [{ key: 'HF', value: `${SECRET}]` }], name: 'kept' } },
    { env: SECRET },
  ])('loses every value of environment variables: %j', (record) => {
    const line = redact(JSON.stringify(record));
    expect(line).not.toContain(SECRET);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('finds them in JSON that is itself a text', () => {
    const body = JSON.stringify({ name: 'a', password: SECRET, envs: [{ key: 'k', value: SECRET }] });
    const line = redact(JSON.stringify({ body, kept: true }));
    expect(line).not.toContain(SECRET);
    expect(JSON.parse(line)).toMatchObject({ kept: true });
  });

  it('keeps the rest', () => {
    const line = JSON.stringify({ msg: 'a "quoted" {text}', keyName: 'ci', idempotencyKey: 'k', n: [1, { a: null }] });
    expect(redact(line)).toBe(line);
  });

  it('leaves every line JSON, and no secret in it', () => {
    const secretMember = fc.constantFrom('password', 'envs', 'authorization', 'apiKey');
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 5 }), tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(secretMember, value, value, (name, around, inside) => {
        const record = { around, [name]: [inside, SECRET], after: 'kept' };
        const read = JSON.parse(redact(JSON.stringify(record))) as Record<string, unknown>;
        expect(read[name]).toBe('[redacted]');
        expect(read['after']).toBe('kept');
      }),
    );
  });
});

describe('secrets inside texts', () => {
  it('takes out the token of an instance, and leaves whose it is', () => {
    const secret = '0123456789abcdef'.repeat(4);
    const line = redact(JSON.stringify({ msg: `NOVITA_FLEET: nft_ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE_${secret} was sent` }));
    expect(line).toContain('nft_ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE_[redacted] was sent');
    expect(line).not.toContain(secret.slice(8));
  });

  it.each([
    `redis://default:${SECRET}@redis.example:6379 is away`,
    `calling https://user:${SECRET}@api.example/x`,
    `with Authorization: Bearer ${SECRET}`,
    `with Basic ${SECRET}==`,
    `GET /x?token=${SECRET}&page=1`,
    `api_key=${SECRET}`,
    `password = ${SECRET}`,
  ])('%s', (text) => {
    expect(redact(JSON.stringify({ msg: text }))).not.toContain(SECRET);
  });

  it('takes out every known secret, also encoded, and those that begin with another', () => {
    const known = createLineRedactor(['sk"live/1', 'sk"live/1-long', 'abc']);
    const line = known(
      JSON.stringify({ a: 'sk"live/1', b: encodeURIComponent('sk"live/1'), c: 'sk"live/1-long!', d: 'abc' }),
    );
    expect(JSON.parse(line)).toEqual({ a: '[redacted]', b: '[redacted]', c: '[redacted]!', d: 'abc' });
  });

  it('is quick on a long line made to be slow', () => {
    const line = JSON.stringify({ msg: '"'.repeat(20_000) + 'password'.repeat(2_000), x: '\\'.repeat(20_000) });
    const started = performance.now();
    redact(line);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

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
    expect(logged.stack).toContain('redaction.spec');
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
