// A receiver of webhooks. Node 20 or newer, standard library only.
//
//   WEBHOOK_SECRET='whsec_...' PORT=8080 node receiver.mjs
//
// Several secrets are separated by spaces: the old and the new one during a rotation. A secret that begins with whpk_ is
// the public key of an endpoint with the signature v1a.
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1_000_000;

/**
 * Whether a message was sent by the fleet, lately, and is as it was sent.
 *
 * @param {Record<string, string | undefined>} headers with small letters
 * @param {Buffer} body the bytes as they came, before they are parsed
 * @param {readonly string[]} secrets
 */
export function isGenuine(headers, body, secrets, nowSeconds = Date.now() / 1_000) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!id || !timestamp || !signatures) return false;
  // A message that somebody has kept is not believed for ever.
  if (!(Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return signatures.split(' ').some((each) => {
    const [version, signature] = each.split(',');
    const bytes = Buffer.from(signature ?? '', 'base64');
    return secrets.some((secret) => fits(version, bytes, secret, signed));
  });
}

function fits(version, signature, secret, signed) {
  const key = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64');
  if (version === 'v1' && secret.startsWith('whsec_')) {
    const expected = createHmac('sha256', key).update(signed).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }
  if (version === 'v1a' && secret.startsWith('whpk_')) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
    return verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature);
  }
  return false;
}

const secrets = (process.env.WEBHOOK_SECRET ?? '').split(' ').filter(Boolean);
/** Ids of messages that were taken already. Keep them where they outlive the process, for as long as retries last. */
const taken = new Set();

async function take(request, response) {
  const answer = (status) => response.writeHead(status).end();
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return answer(413);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.method !== 'POST' || !isGenuine(request.headers, body, secrets)) return answer(401);
  const id = request.headers['webhook-id'];
  if (!taken.has(id)) {
    const event = JSON.parse(body.toString());
    // Store or queue it here: what is answered with 2xx is not sent again.
    console.log(`${event.id} ${event.type} ${event.sequence ?? '-'}`);
    taken.add(id);
  }
  answer(204);
}

const server = createServer((request, response) => {
  take(request, response).catch(() => response.destroy());
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
