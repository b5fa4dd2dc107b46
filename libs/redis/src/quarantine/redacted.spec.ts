import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, redacted } from './redacted.js';

/** Kept nowhere in the clear: the members of what is stored that may hold a secret. */
const SECRET_PLACES: readonly ((secret: string) => object)[] = [
  (secret) => ({ spec: { envs: [{ key: 'HF_TOKEN', value: secret }], command: secret, entrypoint: secret } }),
  (secret) => ({ connection: { ssh: { command: `ssh -p 22 ${secret}`, password: secret }, jupyter: secret } }),
  (secret) => ({ connection: { webTerminal: { address: 'https://x', username: secret, password: secret } } }),
  (secret) => ({ id: 'whe_1', url: `https://hooks.example/${secret}`, secrets: [{ algorithm: 'v1', key: secret }] }),
  (secret) => ({ kind: 'registry', username: secret, password: secret, at: '2026-01-01T00:00:00.000Z' }),
  (secret) => ({ webhookUrl: `https://user:${secret}@hooks.example`, name: secret, lastError: { message: secret } }),
  (secret) => ({ doc: JSON.stringify({ password: secret }), list: [secret, 7, secret] }),
];

describe('a text that was set aside', () => {
  it('shows names, numbers, ids, times and words of ours', () => {
    const text =
      '{"id":"ins_1", "status":"ready","revision":12,"spot":null,"spec":{"gpuNum":1,"envs":[]},"at":"2026-01-01T00:00:00.000Z"}';
    expect(redacted(text)).toBe(text);
    expect(redacted('{"name":"mine","image":"a:b","ports":[{"port":80}]}')).toBe(
      '{"name":"***","image":"***","ports":[{"port":80}]}',
    );
    expect(redacted('not JSON: hunter2')).toBe('*** ***: ***');
  });

  it('shows no secret, wherever it was cut and whatever the secret is made of', () => {
    const secret = fc.oneof(
      fc.stringMatching(/^[1-9]\d{11,14}$/),
      fc.stringMatching(/^[A-Za-z0-9+/=_.-]{12,40}$/),
      fc.string({ minLength: 12, maxLength: 40 }).map((text) => `pw:${text},"x":${text}`),
    );
    fc.assert(
      fc.property(secret, fc.constantFrom(...SECRET_PLACES), fc.nat(400), fc.nat(400), (value, place, from, length) => {
        const whole = JSON.stringify({ schema: 6, ...place(value), status: 'ready' });
        // As it stands in the text, also where it is JSON within JSON.
        for (const text of [whole, whole.slice(from), whole.slice(0, length), whole.slice(from, from + length)]) {
          const shown = redacted(text);
          for (const part of partsOf(value)) expect(shown).not.toContain(part);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a time that grows with the text alone', () => {
    for (const text of ['"'.repeat(60_000), '\\'.repeat(60_000), '{"a":'.repeat(12_000), `"${'\\"'.repeat(30_000)}`]) {
      expect(redacted(text).length).toBeGreaterThan(0);
    }
  });

  it('is cut to so many bytes, never within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 0, max: 300 }), (text, bytes) => {
        const cut = cutTo(text, bytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        expect(text.startsWith(cut)).toBe(true);
        if (Buffer.byteLength(text) <= bytes) expect(cut).toBe(text);
      }),
    );
  });
});

/** Pieces of a secret that would give it away: runs of letters and digits. */
function partsOf(secret: string): readonly string[] {
  const run = secret.match(/[A-Za-z0-9]{6,}/g) ?? [];
  return run.flatMap((text) => [text, text.slice(0, 6), text.slice(-6)]);
}
