import { createHmac, createPrivateKey, createSecretKey, type KeyObject, sign } from 'node:crypto';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import { type EndpointSecret, secretBytes } from '../model/secrets.js';

/** The bytes before the seed of an ed25519 key in PKCS #8: https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

export interface SignedMessage {
  /** Of the event; the same at every attempt. */
  readonly id: string;
  /** Of this attempt. */
  readonly at: Timestamp;
  readonly body: string;
}

/**
 * The headers by which a receiver knows who sent a message and when, and that nobody has changed it since:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-metadata
 *
 * @param secrets each adds a signature, so that during a rotation a receiver verifies with the old or with the new one;
 *   none leaves the message unsigned
 * @throws Error for an id with a dot, and for a secret of another form than its algorithm wants
 */
export function messageHeaders(
  { id, at, body }: SignedMessage,
  secrets: readonly Pick<EndpointSecret, 'algorithm' | 'key'>[],
): Readonly<Record<string, string>> {
  // A dot separates the parts of what is signed: with one in the id, another split would have the same signature.
  if (id.includes('.')) throw new Error(`the id of a webhook holds a dot: ${id}`);
  const seconds = String(Math.floor(msFromTimestamp(at) / 1_000));
  const content = Buffer.from(`${id}.${seconds}.${body}`);
  const signatures = secrets.map((secret) => signatureOf(secret, content));
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  };
}

/** A key is made ready once for as long as its secret is at hand: for ed25519 that costs more than signing. */
const readyKeys = new WeakMap<object, KeyObject>();

type SigningSecret = Pick<EndpointSecret, 'algorithm' | 'key'>;

function signatureOf(secret: SigningSecret, content: Buffer): string {
  const key = readyKeys.get(secret) ?? readyKey(secret);
  readyKeys.set(secret, key);
  switch (secret.algorithm) {
    case 'v1':
      return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    case 'v1a':
      return `v1a,${sign(null, content, key).toString('base64')}`;
  }
}

function readyKey({ algorithm, key }: SigningSecret): KeyObject {
  const bytes = secretBytes(algorithm, key);
  if (bytes === null) throw new Error(`a secret has not the form of ${algorithm}`);
  return algorithm === 'v1' ? createSecretKey(bytes) : ed25519Key(bytes);
}

function ed25519Key(pair: Buffer): KeyObject {
  const der = Buffer.concat([PKCS8_HEAD, pair.subarray(0, SEED_BYTES)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
