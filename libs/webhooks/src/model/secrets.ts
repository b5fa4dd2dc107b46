import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

/*
 * Secrets in the forms of Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** `v1`: HMAC-SHA256 with a shared secret. `v1a`: ed25519, so that a receiver needs the public key only. */
export const SIGNATURE_ALGORITHMS = ['v1', 'v1a'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** The keys that sign the deliveries to one endpoint. */
export interface EndpointSecret {
  readonly algorithm: SignatureAlgorithm;
  /** `whsec_` and base64 of 24 to 64 bytes (`v1`), or `whsk_` and base64 of seed and public key, 64 bytes (`v1a`). */
  readonly key: string;
  readonly createdAt: Timestamp;
  /** An older one signs beside the newest until then; null for the newest. */
  readonly expiresAt: Timestamp | null;
}

const SHARED_BYTES = 32;
const SHARED_LEAST = 24;
const SHARED_MOST = 64;
const PAIR_BYTES = 64;
const SEED_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A new secret of random bytes. */
export function newSecret(algorithm: SignatureAlgorithm, at: Timestamp): EndpointSecret {
  switch (algorithm) {
    case 'v1':
      return {
        algorithm,
        key: `whsec_${randomBytes(SHARED_BYTES).toString('base64')}`,
        createdAt: at,
        expiresAt: null,
      };
    case 'v1a':
      return { algorithm, key: newSigningKey(), createdAt: at, expiresAt: null };
  }
}

function newSigningKey(): string {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (d === undefined || x === undefined) throw new Error('an ed25519 key without its parts');
  const pair = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  return `whsk_${pair.toString('base64')}`;
}

/**
 * The bytes of a secret's key: shared secret (`v1`), or seed and public key (`v1a`).
 * @returns null for a text of another form
 */
export function secretBytes(algorithm: SignatureAlgorithm, key: string): Buffer | null {
  const prefix = algorithm === 'v1' ? 'whsec_' : 'whsk_';
  const encoded = key.slice(prefix.length);
  if (!key.startsWith(prefix) || !BASE64.test(encoded)) return null;
  const bytes = Buffer.from(encoded, 'base64');
  const fits =
    algorithm === 'v1' ? bytes.length >= SHARED_LEAST && bytes.length <= SHARED_MOST : bytes.length === PAIR_BYTES;
  return fits ? bytes : null;
}

/**
 * What a receiver verifies with: `whpk_` and base64 of the public key for `v1a`; null for `v1`, whose receivers have the
 * secret itself.
 */
export function publicKeyOf({ algorithm, key }: EndpointSecret): string | null {
  if (algorithm === 'v1') return null;
  const pair = secretBytes('v1a', key);
  return pair === null ? null : `whpk_${pair.subarray(SEED_BYTES).toString('base64')}`;
}

/** The secrets that sign at that time, the newest first. */
export function secretsAt(secrets: readonly EndpointSecret[], at: Timestamp): readonly EndpointSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || at < expiresAt);
}

/** At most this many sign side by side: each costs a receiver one comparison more. */
const MOST_SECRETS = 3;

/**
 * The secrets after a rotation: the new one first; those of before sign beside it until their time is up.
 * @param keepOldForMs how long the replaced one signs beside the new one; 0 for not at all
 */
export function rotatedSecrets(
  secrets: readonly EndpointSecret[],
  added: EndpointSecret,
  keepOldForMs: number,
): readonly EndpointSecret[] {
  const nowMs = msFromTimestamp(added.createdAt);
  const end = timestampFromMs(nowMs + keepOldForMs);
  const older = secrets
    .map((secret) => ({ ...secret, expiresAt: earlier(secret.expiresAt, end) }))
    .filter(({ expiresAt }) => added.createdAt < expiresAt);
  return [added, ...older].slice(0, MOST_SECRETS);
}

const earlier = (one: Timestamp | null, other: Timestamp): Timestamp => (one !== null && one < other ? one : other);
