import { describe, expect, it } from 'vitest';
import type { NovitaErrorKind } from '../novita.errors.js';
import { errorFromAnswer } from './answer-error.js';

const KEY = 'sk_live_0123456789';
const GET = { effect: 'read', path: '/gpu/instance', subject: 'instance' } as const;
const TEMPLATE = { effect: 'read', path: '/template', subject: 'template' } as const;
const LIST = { effect: 'read', path: '/gpu/instances', subject: null } as const;
const STOP = { effect: 'command', path: '/gpu/instance/stop', subject: 'instance' } as const;
const CREATE = { effect: 'create', path: '/gpu/instance/create', subject: null } as const;

type Call = Parameters<typeof errorFromAnswer>[0];
type Row = readonly [what: string, call: Call, status: number, body: unknown, kind: NovitaErrorKind];

const kratos = (code: number, reason: string, message = 'a message') => ({ code, reason, message, metadata: {} });

const TABLE: readonly Row[] = [
  ['a missing instance', GET, 400, kratos(400, 'RESOURCE_NOT_FOUND'), 'not-found'],
  ['a missing instance, at a command', STOP, 400, kratos(400, 'RESOURCE_NOT_FOUND'), 'not-found'],
  ['a missing instance with 404', GET, 404, kratos(404, 'RESOURCE_NOT_FOUND'), 'not-found'],
  ['a missing template', TEMPLATE, 400, kratos(400, 'TEMPLATE_NOT_FOUND'), 'not-found'],
  ['a missing template without a reason', TEMPLATE, 400, { message: 'template not found' }, 'not-found'],
  ['the misspelt message', GET, 400, kratos(400, 'REQUEST', 'instance not fount'), 'not-found'],
  ['an unknown route in plain text', GET, 404, '404 page not found', 'invalid-request'],
  ['an unknown route in JSON', GET, 404, { code: 404, message: 'Not Found' }, 'invalid-request'],
  ['a web page with 404', GET, 404, '<html><title>Not found</title></html>', 'invalid-request'],
  ['plain text with 400', GET, 400, 'not found', 'invalid-request'],
  ['no body with 404', GET, 404, '', 'invalid-request'],
  ['a list that says not found', LIST, 400, kratos(400, 'RESOURCE_NOT_FOUND'), 'invalid-request'],
  ['a create that names a missing thing', CREATE, 400, kratos(400, 'IMAGE_NOT_FOUND'), 'invalid-request'],
  ['another thing than the instance', STOP, 400, kratos(400, 'INSTANCE_LOCAL_STORAGE_NOT_FOUND'), 'invalid-request'],
  ['the image of the instance', STOP, 400, kratos(400, 'IMAGE_NOT_FOUND', 'image not found'), 'invalid-request'],
  ['a wrong state by its message', STOP, 400, kratos(400, 'REQUEST', 'invalid state change'), 'invalid-state'],
  ['a wrong state without a reason', STOP, 400, { code: 400, message: 'invalid state change' }, 'invalid-state'],
  ['a wrong state by DEPENDENT_RESOURCE_STATE', STOP, 400, kratos(400, 'DEPENDENT_RESOURCE_STATE'), 'invalid-state'],
  ['a wrong state by CONFLICT', STOP, 400, kratos(400, 'CONFLICT'), 'invalid-state'],
  ['a wrong state by 409', STOP, 409, {}, 'invalid-state'],
  ['a conflict of a create', CREATE, 400, kratos(400, 'CONFLICT'), 'invalid-request'],
  ['out of stock', CREATE, 400, kratos(400, 'INSUFFICIENT_RESOURCE'), 'insufficient-resource'],
  ['out of stock in the message', CREATE, 400, { message: 'INSUFFICIENT_RESOURCE' }, 'insufficient-resource'],
  ['out of stock in the code', CREATE, 400, { code: 'INSUFFICIENT_RESOURCE' }, 'insufficient-resource'],
  ['no room to migrate', STOP, 400, kratos(400, 'MIGRATE_INSUFFICIENT_RESOURCE'), 'insufficient-resource'],
  ['no money', CREATE, 400, kratos(400, 'BALANCE_NOT_ENOUGH'), 'insufficient-balance'],
  ['arrears', CREATE, 400, kratos(400, 'EXPIRED_OR_BALANCE_NOT_ENOUGH'), 'insufficient-balance'],
  ['no money in the message', CREATE, 400, { message: 'BALANCE_NOT_ENOUGH' }, 'insufficient-balance'],
  ['a wrong key', GET, 401, kratos(401, 'UNAUTHORIZED'), 'unauthorized'],
  ['a missing right', GET, 403, kratos(403, 'FORBIDDEN'), 'unauthorized'],
  ['a missing key with 400', GET, 400, kratos(400, 'MISSING_API_KEY'), 'unauthorized'],
  ['too many requests', GET, 429, kratos(429, 'RATE_LIMIT_EXCEEDED'), 'rate-limited'],
  ['too many requests from a proxy', GET, 429, 'slow down', 'rate-limited'],
  ['too many requests with 400', GET, 400, kratos(400, 'RATE_LIMIT_EXCEEDED'), 'rate-limited'],
  ['a wrong parameter', GET, 400, kratos(400, 'VALIDATOR_PARAM'), 'invalid-request'],
  ['a quota', CREATE, 400, kratos(400, 'CREATE_INSTANCE_LIMIT'), 'invalid-request'],
  [
    'a subscription that cannot be given back',
    STOP,
    400,
    kratos(400, 'PREPAID_INSTANCE_NOT_SUPPORT_RELEASE'),
    'invalid-request',
  ],
  ['a redirect', GET, 302, '', 'invalid-request'],
  ['a server error', GET, 500, kratos(500, 'UNKNOWN'), 'server-fault'],
  ['a server error that says not found', GET, 500, kratos(500, 'WALLET_NOT_FOUND', 'not found'), 'server-fault'],
  ['a gateway', GET, 502, '<html>Bad gateway</html>', 'server-fault'],
  ['a request that was not read in time', GET, 408, '', 'server-fault'],
];

describe('errorFromAnswer', () => {
  it.each(TABLE)('%s', (_what, call, status, body, kind) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const error = errorFromAnswer(call, status, text, null, KEY);
    expect(error.kind).toBe(kind);
    expect(error.context).toMatchObject({ httpStatus: status });
  });

  it('names the call, the status, the reason and the message in one line', () => {
    const error = errorFromAnswer(STOP, 400, JSON.stringify(kratos(400, 'REQUEST', 'one\n two\u0000')), 5_000, KEY);
    expect(error.message).toBe('POST /gpu/instance/stop answered 400 REQUEST: one two');
    expect(error.context).toMatchObject({
      call: 'POST /gpu/instance/stop',
      reason: 'REQUEST',
      retryAfterMs: 5_000,
    });
  });

  it.each([
    [{ error: 'from error' }, 'from error'],
    [{ error: { message: 'from within' } }, 'from within'],
    [{ title: 'from title' }, 'from title'],
  ])('finds the message of %j', (body, message) => {
    expect(errorFromAnswer(GET, 400, JSON.stringify(body), null, KEY).message).toContain(message);
  });

  it('never shows the key or what was secret in the request', () => {
    const secrets = ['pass"word\\1', 'on'];
    const message = `the value pass"word\\1 of ${KEY} is on`;
    const error = errorFromAnswer({ ...CREATE, secrets }, 400, JSON.stringify({ message }), null, KEY);
    expect(error.message).toBe('POST /gpu/instance/create answered 400 the value *** of *** is on');
  });

  it('does not repeat a long answer', () => {
    const error = errorFromAnswer(GET, 400, 'x'.repeat(100_000), null, KEY);
    expect(error.message.length).toBeLessThan(400);
  });

  it('does not show a web page', () => {
    expect(errorFromAnswer(GET, 502, '<html><body>secret</body></html>', null, KEY).message).not.toContain('secret');
  });
});
