import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectCluster, type KubernetesClient } from '../src/client/kubernetes-client.js';
import { KINDS } from '../src/model/kinds.js';
import { SERVER_CERTIFICATE, SERVER_KEY } from './support/certificates.js';
import { aList, FakeApiserver, json } from './support/fake-apiserver.js';
import { VirtualTime } from './support/virtual-time.js';

const LIMITS = { maxPageBytes: 4_000, maxLineBytes: 1_000 };
const HOUR_S = 3_600;
const UNAUTHORIZED = json({ kind: 'Status', reason: 'Unauthorized' }, 401);

describe('a cluster whose users are known by a provider of identities', () => {
  let folder: string;
  let time: VirtualTime;
  let provider: FakeApiserver;
  let cluster: FakeApiserver;
  let client: KubernetesClient | null;
  /** Forms that the provider got, with the header of each. */
  let asked: { readonly form: Record<string, string>; readonly authorization: string | undefined }[];
  /** The answer of its token endpoint to each of them. */
  let grant: (count: number) => { readonly status?: number; readonly body: object };
  let discovery: Record<string, unknown>;
  /** Called by the token endpoint in place of an answer. */
  let silence: (() => void) | null;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-oidc-'));
    time = new VirtualTime();
    provider = await FakeApiserver.start({ cert: SERVER_CERTIFICATE, key: SERVER_KEY });
    cluster = await FakeApiserver.start();
    client = null;
    asked = [];
    silence = null;
    const issuer = `https://127.0.0.1:${provider.port}/realm`;
    discovery = { issuer, token_endpoint: `https://127.0.0.1:${provider.port}/token` };
    grant = (count) => ({ body: { id_token: idToken(HOUR_S, `new ${count}`), refresh_token: `refresh ${count}` } });
    cluster.answer(json(aList(['a'])));
    provider.answer((response, request) => {
      if (request.url === '/realm/.well-known/openid-configuration') return json(discovery)(response, request);
      if (silence !== null) return silence();
      void taken(request).then(() => {
        const { status = 200, body } = grant(asked.length);
        json(body, status)(response, request);
      });
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await client?.close();
    await Promise.all([provider.close(), cluster.close()]);
    await rm(folder, { recursive: true });
  });

  /** A token that ends so many seconds from now, as far as anybody here looks into it. */
  const idToken = (seconds: number, name: string): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'none' })}.${part({ exp: time.now() / 1_000 + seconds, name })}.signature`;
  };
  const taken = async (request: IncomingMessage): Promise<void> => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    asked.push({ form, authorization: request.headers.authorization });
  };
  const kubeconfig = (): string => join(folder, 'kubeconfig');
  const writeKubeconfig = async (config: Record<string, string> = {}): Promise<void> => {
    const own = {
      'idp-issuer-url': `https://127.0.0.1:${provider.port}/realm`,
      'idp-certificate-authority-data': Buffer.from(SERVER_CERTIFICATE).toString('base64'),
      'client-id': 'fleet',
      'id-token': idToken(-10, 'old'),
      'refresh-token': 'refresh 0',
    };
    await writeFile(
      kubeconfig(),
      JSON.stringify({
        'current-context': 'test',
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
        clusters: [{ name: 'test', cluster: { server: cluster.url } }],
        users: [{ name: 'test', user: { 'auth-provider': { name: 'oidc', config: { ...own, ...config } } } }],
      }),
    );
  };
  const connect = async (
    config: Record<string, string> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<KubernetesClient> => {
    await writeKubeconfig(config);
    const place = { serviceHost: null, servicePort: null, serviceAccountFolder: folder };
    const settings = { ...place, kubeconfig: kubeconfig(), context: null, allowsInsecureTls: false };
    client = await connectCluster(settings, time, signal, LIMITS);
    return client;
  };
  const list = (from: KubernetesClient) =>
    from.list(KINDS.Pod, { kind: 'cluster' }, { limit: 500, continueToken: null }, new AbortController().signal);
  /** The names in the tokens by which the cluster was called. */
  const callers = (): readonly unknown[] =>
    cluster.requests.map(({ headers }) => {
      const [, payload = ''] = headers.authorization?.replace('Bearer ', '').split('.') ?? [];
      return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>)['name'];
    });

  it('is called with a token that was renewed, once for as long as that is good', async () => {
    const connected = await connect();
    expect((await list(connected)).objects).toHaveLength(1);
    await list(connected);
    expect(new Set(callers())).toEqual(new Set(['new 1']));
    const form = { grant_type: 'refresh_token', refresh_token: 'refresh 0', client_id: 'fleet' };
    expect(asked).toEqual([{ form, authorization: undefined }]);
  });

  it('is called with the token of the kubeconfig as long as that is good, and asks nobody', async () => {
    await list(await connect({ 'id-token': idToken(HOUR_S, 'own') }));
    expect(new Set(callers())).toEqual(new Set(['own']));
    expect(provider.requests).toEqual([]);
  });

  it('is called with a newer one when it refuses one, by the refresh token that was given last', async () => {
    const connected = await connect();
    await list(connected);
    await time.advance(61_000);
    cluster.answer(UNAUTHORIZED, json(aList(['a'])));
    await list(connected);
    // The first answer of the cluster stays until the others come.
    await list(connected);
    expect(asked.map(({ form }) => form['refresh_token'])).toEqual(['refresh 0', 'refresh 1']);
    expect(callers().at(-1)).toBe('new 2');
  });

  it('is called by the same refresh token again where the provider gives no other', async () => {
    grant = (count) => ({ body: { id_token: idToken(HOUR_S, `new ${count}`) } });
    const connected = await connect();
    await time.advance(61_000);
    cluster.answer(UNAUTHORIZED, json(aList(['a'])));
    await list(connected);
    await list(connected);
    expect(asked.map(({ form }) => form['refresh_token'])).toEqual(['refresh 0', 'refresh 0']);
    expect(callers().at(-1)).toBe('new 2');
  });

  it('is called with tokens that live for less than a minute', async () => {
    grant = (count) => ({ body: { id_token: idToken(40, `short ${count}`) } });
    const connected = await connect();
    await list(connected);
    await time.advance(61_000);
    await list(connected);
    expect(callers()).toEqual(['short 1', 'short 2']);
  });

  it.each<[string, () => object]>([
    ['no id token', () => ({})],
    ['one that is over', () => ({ id_token: idToken(0, 'over') })],
  ])('is called again by the refresh token that came with %s', async (_what, useless) => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const connected = await connect({ 'id-token': idToken(HOUR_S, 'own') });
    grant = (count) => ({ body: { ...useless(), refresh_token: `refresh ${count}` } });
    await time.advance(HOUR_S * 1_000);
    await list(connected);
    grant = (count) => ({ body: { id_token: idToken(HOUR_S, `new ${count}`) } });
    await time.advance(61_000);
    await list(connected);
    expect(asked.map(({ form }) => form['refresh_token'])).toEqual(['refresh 0', 'refresh 1']);
    expect(callers()).toEqual(['own', 'new 2']);
  });

  it('keeps the refresh token that was given last while the kubeconfig is edited, until its user logs in again', async () => {
    const login = { 'id-token': idToken(-10, 'old') };
    const connected = await connect(login);
    await writeKubeconfig({ ...login, 'client-secret': 'newer' });
    await time.advance(HOUR_S * 1_000);
    await list(connected);
    await writeKubeconfig({ ...login, 'refresh-token': 'of the login' });
    await time.advance(61_000);
    await list(connected);
    expect(asked.map(({ form }) => form['refresh_token'])).toEqual(['refresh 0', 'refresh 1', 'of the login']);
    expect(asked.map(({ authorization }) => authorization !== undefined)).toEqual([false, true, false]);
  });

  it.each(['gives tokens that the cluster refuses', 'fails'])(
    'lets a provider that %s be for a minute, however often the cluster refuses',
    async (what) => {
      vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const connected = await connect({ 'id-token': idToken(HOUR_S, 'own') });
      cluster.answer(UNAUTHORIZED);
      await list(connected);
      if (what === 'fails') grant = () => ({ status: 503, body: {} });
      const refused = async (): Promise<number> => {
        for (let round = 0; round < 5; round += 1) {
          await expect(list(connected)).rejects.toMatchObject({ kind: 'unauthorized' });
        }
        return asked.length;
      };
      expect(await refused()).toBe(1);
      await time.advance(59_000);
      expect(await refused()).toBe(1);
      await time.advance(1_000);
      expect(await refused()).toBe(2);
    },
  );

  it('waits for no silent provider once it is given up', async () => {
    const { promise: isAsked, resolve } = Promise.withResolvers<void>();
    silence = resolve;
    const end = new AbortController();
    const failure = connect({}, end.signal).catch((error: unknown) => error);
    await isAsked;
    end.abort();
    expect(await failure).toMatchObject({ message: expect.stringContaining('was given up') });
  });

  it.each([
    [undefined, `Basic ${Buffer.from('fleet:a%2Bb+c').toString('base64')}`, undefined],
    [['client_secret_post'], undefined, 'a+b c'],
  ])('proves itself by a secret in the way that the provider takes: %j', async (methods, authorization, secret) => {
    discovery['token_endpoint_auth_methods_supported'] = methods;
    await list(await connect({ 'client-secret': 'a+b c' }));
    expect([asked[0]?.authorization, asked[0]?.form['client_secret']]).toEqual([authorization, secret]);
  });

  it('says why there is no token, and tells no secret', async () => {
    const secret = 'a1B2'.repeat(20);
    grant = () => ({ status: 400, body: { error: 'invalid_grant', error_description: `${secret} was used` } });
    await expect(connect()).rejects.toMatchObject({
      problem: 'plugin-failed',
      message: `the kubeconfig's auth-provider gave no token: 127.0.0.1:${provider.port} answered 400 (invalid_grant: ... was used)`,
    });
    grant = () => ({ body: { id_token: idToken(0, 'over') } });
    await expect(connect()).rejects.toThrow('has expired already');
    grant = () => ({ body: { access_token: 'no id token' } });
    await expect(connect()).rejects.toThrow('without an id_token');
    discovery['token_endpoint'] = `http://127.0.0.1:${provider.port}/token`;
    await expect(connect()).rejects.toThrow('no token_endpoint with https');
    discovery['issuer'] = 'https://elsewhere.example';
    await expect(connect()).rejects.toThrow('another issuer');
    await expect(connect({ 'idp-certificate-authority-data': '' })).rejects.toThrow(/cannot be asked: .*certificate/);
    await expect(connect({ 'refresh-token': '' })).rejects.toThrow('has no refresh-token');
    expect(asked).toHaveLength(3);
  });
});
