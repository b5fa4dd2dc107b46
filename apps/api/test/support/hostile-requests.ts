import fc from 'fast-check';
import type { ApiOperation } from './api-operations.js';
import type { TestRequest } from './test-api.js';

/** A request that nobody well-meaning sends, and what it is made of. */
export interface HostileRequest extends TestRequest {
  readonly operation: ApiOperation;
}

const ID = 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
const DEPTH = 50_000;

/** Texts that have broken parsers, stores and logs before. */
const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\uD800',
  '\uDFFFx',
  '\uFEFF',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '%00',
  '%',
  '%ZZ',
  '%E0%A4%A',
  "';--",
  '${jndi:ldap://x}',
  '\r\nX-Injected: 1',
  '1e999',
  '-0',
  '9'.repeat(400),
  'x'.repeat(5_000),
  'NaN',
  'null',
  '*',
  'ins_zzzzzzzzzzzzzzzzzzzzzzzzzz',
  ID,
] as const;

const oddText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);

const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: oddText },
  fc.constantFrom(null, true, false, 0, -1, 1e308, 2 ** 53, 0.1, [], {}, [[]], [null], [{}]),
  fc.jsonValue({ maxDepth: 3 }),
);

const MEMBERS = [
  'name',
  'productName',
  'productId',
  'image',
  'ports',
  'envs',
  'gpuNum',
  'autoStop',
  'webhookUrl',
  'url',
  'minutes',
  'until',
  'reason',
  'lastUsedAt',
  'source',
  'ids',
  'action',
  'filter',
  'dryRun',
  'events',
  '__proto__',
  'constructor',
  'toJSON',
] as const;

const oddObject = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...MEMBERS), oddText), oddValue), { maxLength: 8 })
  .map(
    (members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );

const oddBody: fc.Arbitrary<string | Buffer> = fc.oneof(
  { weight: 6, arbitrary: oddObject },
  { weight: 2, arbitrary: oddValue.map((value) => JSON.stringify(value)) },
  fc.constantFrom(
    '[ '.repeat(DEPTH),
    `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`,
    `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
    `{"name":"${'x'.repeat(200_000)}"}`,
    `{"name":"${'x'.repeat(1_100_000)}"}`,
    `[${'1,'.repeat(50_000)}1]`,
    '{"a":1,"a":2}',
    '{"__proto__":{"isAdmin":true}}',
    '{"name":"\\ud800"}',
    '{"name":"\\u0000"}',
    '{',
    '\uFEFF{}',
    'name=x&image=y',
  ),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);

const oddHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'accept',
        'accept-encoding',
        'content-type',
        'content-encoding',
        'idempotency-key',
        'if-match',
        'if-none-match',
        'last-event-id',
        'origin',
        'prefer',
        'range',
        'traceparent',
        'x-forwarded-for',
        'x-forwarded-prefix',
        'x-http-method-override',
        'x-request-id',
        'cookie',
      ),
      fc.oneof(
        fc.constantFrom(
          'application/json',
          'application/json; charset=utf-16',
          'text/html',
          'multipart/form-data; boundary=x',
          'gzip',
          'br',
          'gzip, gzip',
          'deflate;q=9',
          '*',
          '"',
          'W/"',
          '"999999999999999999999"',
          'min-fresh=99999999999',
          '0-0',
          '999999999999999999999-1',
          'bytes=0-1',
          '::1',
          '//evil.example',
          'x'.repeat(4_000),
        ),
        // What a header may carry at all.
        fc.stringMatching(/^[\x21-\x7e]{0,40}$/),
      ),
    ),
    { maxLength: 4 },
  )
  .map((headers) => Object.fromEntries(headers));

const oddQuery = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom('__proto__', 'a[b]', 'limit', 'cursor', ...names), oddText),
        fc.oneof(fc.constantFrom('-1', '0', '1', 'true', 'NaN', '%', '%ff', 'running,ready'), oddText.map(encoded)),
      ),
      { maxLength: 4 },
    )
    .map((parts) =>
      parts.length === 0 ? '' : `?${parts.map(([name, value]) => `${encoded(name)}=${value}`).join('&')}`,
    );

/** One hostile request to one of the operations. */
export function hostileRequests(operations: readonly ApiOperation[]): fc.Arbitrary<HostileRequest> {
  return fc.constantFrom(...operations).chain((operation) =>
    fc
      .record({
        part: fc.oneof(fc.constant(ID), oddText.map(encoded)),
        query: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, oddQuery(operation.query)),
        headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, oddHeaders),
        body: oddBody,
        hasBody: fc.boolean(),
      })
      .map(({ part, query, headers, body, hasBody }) => ({
        operation,
        method: operation.method,
        url: `${operation.path.replace(/\{\w+\}/g, part.replaceAll('$', '$$$$'))}${query}`,
        as: 'admin' as const,
        headers,
        ...((operation.takesBody || hasBody) && operation.method !== 'GET' && { body }),
      })),
  );
}

/** As much encoded as a request line needs; what is encoded already stays, wrong or not. */
function encoded(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]|[#?]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}
