import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { timestampFromMs } from '@app/platform';
import { expect, it } from 'vitest';
import { newSecret, publicKeyOf, rotatedSecrets, secretBytes, secretsAt } from './secrets.js';

const NOW = Date.UTC(2026, 0, 1);
const at = (ms: number) => timestampFromMs(NOW + ms);

it('makes shared secrets of 32 random bytes', () => {
  const { key } = newSecret('v1', at(0));
  expect(secretBytes('v1', key)).toHaveLength(32);
  expect(newSecret('v1', at(0)).key).not.toBe(key);
  expect(publicKeyOf(newSecret('v1', at(0)))).toBeNull();
});

it('makes pairs of ed25519, whose public key verifies what the private one signs', () => {
  const secret = newSecret('v1a', at(0));
  const pair = secretBytes('v1a', secret.key) ?? Buffer.alloc(0);
  const d = pair.subarray(0, 32).toString('base64url');
  const shown = Buffer.from((publicKeyOf(secret) ?? '').slice('whpk_'.length), 'base64').toString('base64url');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: shown };
  const signature = sign(null, Buffer.from('a'), createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }));
  expect(verify(null, Buffer.from('a'), createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
});

it.each([
  ['v1', 'secret'],
  ['v1', 'whsec_not base64'],
  ['v1', `whsec_${Buffer.alloc(23).toString('base64')}`],
  ['v1', `whsec_${Buffer.alloc(65).toString('base64')}`],
  ['v1', `whsk_${Buffer.alloc(64).toString('base64')}`],
  ['v1a', `whsk_${Buffer.alloc(32).toString('base64')}`],
] as const)('refuses as %s %s', (algorithm, key) => {
  expect(secretBytes(algorithm, key)).toBeNull();
});

it('signs with the old one beside the new one for as long as was asked for, and with three at most', () => {
  const first = newSecret('v1', at(0));
  const second = newSecret('v1', at(1_000));
  const rotated = rotatedSecrets([first], second, 60_000);
  expect(rotated).toEqual([second, { ...first, expiresAt: at(61_000) }]);
  expect(secretsAt(rotated, at(60_999))).toHaveLength(2);
  expect(secretsAt(rotated, at(61_000))).toEqual([second]);
  const third = newSecret('v1', at(2_000));
  // The time of the first one is not extended by a later rotation.
  expect(rotatedSecrets(rotated, third, 600_000)[2]).toEqual({ ...first, expiresAt: at(61_000) });
  expect(rotatedSecrets(rotated, third, 0)).toEqual([third]);
  const more = rotatedSecrets(rotatedSecrets(rotated, third, 600_000), newSecret('v1', at(3_000)), 600_000);
  expect(more).toHaveLength(3);
});
