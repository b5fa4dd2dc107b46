import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSecret, publicKeyOf, rotatedSecrets, secretsAt } from '../model/secrets.js';
import { messageHeaders } from './signature.js';

const NOW = timestampFromMs(Date.now());
const HOUR_MS = 3_600_000;
const MESSAGE = { id: '1772359201000-0', at: NOW, body: '{"type":"instance.ready","name":"Grüße"}' };

/** As a receiver of `v1a` does it, with the public key alone. */
function verifiesAsymmetric(publicKey: string, headers: Readonly<Record<string, string>>, body: string): boolean {
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  return (headers['webhook-signature'] ?? '')
    .split(' ')
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) => verify(null, content, keyOf(publicKey), Buffer.from(signature.slice(4), 'base64')));
}

function keyOf(publicKey: string): KeyObject {
  const x = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

describe('the signature of a webhook', () => {
  it('is verified by the official library, whatever the body', () => {
    const secret = newSecret('v1', NOW);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const body = JSON.stringify({ text });
        const headers = messageHeaders({ ...MESSAGE, body }, [secret]);
        expect(new Webhook(secret.key).verify(body, { ...headers })).toEqual({ text });
      }),
      { numRuns: 50 },
    );
  });

  it('is the same as that of the specification', () => {
    // The example of https://github.com/standard-webhooks/standard-webhooks, as its libraries have it in their tests.
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: timestampFromMs(1_614_265_330_000),
      body: '{"test": 2432232314}',
    };
    const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(messageHeaders(message, [{ algorithm: 'v1', key }])).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('of a key pair is verified with its public key by node:crypto, and by no other key', () => {
    const secret = newSecret('v1a', NOW);
    const headers = messageHeaders(MESSAGE, [secret]);
    const publicKey = publicKeyOf(secret) ?? '';
    expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(verifiesAsymmetric(publicKey, headers, MESSAGE.body)).toBe(true);
    expect(verifiesAsymmetric(publicKey, headers, `${MESSAGE.body} `)).toBe(false);
    expect(verifiesAsymmetric(publicKeyOf(newSecret('v1a', NOW)) ?? '', headers, MESSAGE.body)).toBe(false);
  });

  it('fails when body, id, time or secret is another', () => {
    const secret = newSecret('v1', NOW);
    const headers = messageHeaders(MESSAGE, [secret]);
    const webhook = new Webhook(secret.key);
    expect(() => webhook.verify(`${MESSAGE.body} `, { ...headers })).toThrow('No matching signature');
    expect(() => webhook.verify(MESSAGE.body, { ...headers, 'webhook-id': '1-0' })).toThrow('No matching signature');
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => webhook.verify(MESSAGE.body, { ...headers, 'webhook-timestamp': later })).toThrow(
      'No matching signature',
    );
    expect(() => new Webhook(newSecret('v1', NOW).key).verify(MESSAGE.body, { ...headers })).toThrow(
      'No matching signature',
    );
  });

  it('loses nobody in a rotation: old and new secret verify until the old one ends, then the new one alone', () => {
    const old = newSecret('v1', NOW);
    const secrets = rotatedSecrets([old], newSecret('v1', NOW), HOUR_MS);
    const verifies = (key: string, atMs: number): boolean => {
      const at = timestampFromMs(atMs);
      const headers = messageHeaders({ ...MESSAGE, at }, secretsAt(secrets, at));
      // The library compares the time with its own clock, so that the signature alone is compared here.
      const [, signature] = new Webhook(key).sign(MESSAGE.id, new Date(atMs), MESSAGE.body).split(',');
      return headers['webhook-signature']?.split(' ').includes(`v1,${signature}`) ?? false;
    };
    const nowMs = msFromTimestamp(NOW);
    const fresh = secrets[0]?.key ?? '';
    for (const afterMs of [0, 1_000, HOUR_MS - 1]) {
      expect([verifies(old.key, nowMs + afterMs), verifies(fresh, nowMs + afterMs)]).toEqual([true, true]);
    }
    expect([verifies(old.key, nowMs + HOUR_MS), verifies(fresh, nowMs + HOUR_MS)]).toEqual([false, true]);
  });

  it('passes from a shared secret to a key pair without a gap', () => {
    const old = newSecret('v1', NOW);
    const secrets = rotatedSecrets([old], newSecret('v1a', NOW), HOUR_MS);
    const headers = messageHeaders(MESSAGE, secretsAt(secrets, NOW));
    expect(headers['webhook-signature']?.split(' ').map((each) => each.split(',')[0])).toEqual(['v1a', 'v1']);
    expect(() => new Webhook(old.key).verify(MESSAGE.body, { ...headers })).not.toThrow();
    const [pair] = secrets;
    expect(verifiesAsymmetric((pair && publicKeyOf(pair)) ?? '', headers, MESSAGE.body)).toBe(true);
  });

  it('is left out without a secret, and refused for an id with a dot or a malformed secret', () => {
    expect(messageHeaders(MESSAGE, [])).not.toHaveProperty('webhook-signature');
    expect(() => messageHeaders({ ...MESSAGE, id: '1.0' }, [])).toThrow('holds a dot');
    expect(() => messageHeaders(MESSAGE, [{ algorithm: 'v1', key: 'whsec_c2hvcnQ=' }])).toThrow('the form of v1');
  });
});
