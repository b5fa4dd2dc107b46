import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createInstance, getMe, listInstances, novitaFleet } from '@novita-fleet/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NODE_COMPILE_CACHE, ROOT } from '../support/built-process.js';
import type { OneProcess } from '../support/one-process.js';
import { PATIENCE_MS, until } from '../support/until.js';

const CLI = join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js');
const KEYS = {
  admin: 'admin-key-0123456789',
  dialogue: 'dialogue-key-0123456',
  agent: 'agent-key-0123456789',
} as const;
/** Two of the cheapest GPU fit. */
const LIMITS = { usdPerHour: 0.8, hoursPerInstance: 4 };
/** What the service is started with. */
export const KEYS_OF_AGENTS = [
  { name: 'admin', role: 'admin', key: KEYS.admin },
  { name: 'dialogue', role: 'operator', key: KEYS.dialogue, limits: LIMITS },
  { name: 'agent', role: 'operator', key: KEYS.agent, limits: LIMITS },
] as const;
const WANTED = { name: 'by-agent', gpu: 'RTX 4090', image: 'nginx' };

interface Acted {
  readonly stage: 'planned' | 'refused' | 'done';
  readonly plan: { readonly confirm: string; readonly beginsUsdPerHour: number } | null;
  readonly instance: { readonly id: string; readonly status: string } | null;
  readonly isRepeat: boolean;
}

interface Answer<Document> {
  readonly isError: boolean;
  readonly text: string;
  readonly document: Document;
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * The built server, by the SDK's own client, against the built service.
 *
 * @param service with `KEYS_OF_AGENTS`, on which nobody has rented anything yet
 */
export function fleetForAgents(service: () => OneProcess): void {
  describe('the fleet for agents', () => {
    let url: string;
    let mcpUrl: string;
    let overHttp: ReturnType<typeof spawn>;
    const clients: Client[] = [];

    const environment = (key: string): Record<string, string> => ({
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE,
      XDG_CONFIG_HOME: service().folder,
      NOVITA_FLEET_URL: url,
      NOVITA_FLEET_KEY: key,
    });
    const onStdio = async (key: string): Promise<Client> => {
      const client = new Client({ name: 'test', version: '1' });
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [CLI, 'mcp'],
        env: environment(key),
      });
      await client.connect(transport, { timeout: PATIENCE_MS });
      clients.push(client);
      return client;
    };
    const onHttp = async (key: string, headers: Readonly<Record<string, string>> = {}): Promise<Client> => {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      const requestInit = { headers: { authorization: `Bearer ${key}`, ...headers } };
      await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }), {
        timeout: PATIENCE_MS,
      });
      clients.push(client);
      return client;
    };
    const call = async <Document = Acted>(
      client: Client,
      name: string,
      args: Readonly<Record<string, unknown>> = {},
      onprogress?: (progress: { readonly message?: string | undefined }) => void,
    ): Promise<Answer<Document>> => {
      const options = { timeout: PATIENCE_MS, ...(onprogress !== undefined && { onprogress }) };
      const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: args }, options);
      const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
      return { isError, text, document: structuredContent as Document };
    };
    const planOf = async (client: Client, name: string, args: Readonly<Record<string, unknown>>): Promise<string> => {
      const { document, text } = await call(client, name, args);
      if (document?.plan === null || document?.plan === undefined) throw new Error(text);
      return document.plan.confirm;
    };
    const own = async (key: keyof typeof KEYS): Promise<readonly { readonly id: string; readonly name: string }[]> => {
      const client = novitaFleet({ url, key: KEYS.admin });
      const { data } = await listInstances({ client, query: { owner: `user:${key}` }, throwOnError: true });
      return data.instances.filter(({ desired }) => desired === 'running');
    };

    beforeAll(async () => {
      ({ url } = service());
      overHttp = spawn(process.execPath, [CLI, 'mcp', '--http', '0'], { env: environment('') });
      let said = '';
      overHttp.stderr?.on('data', (chunk) => {
        said += String(chunk);
      });
      mcpUrl = await until('the server listens', () => Promise.resolve(/at (http:\S+)/.exec(said)?.[1]));
    });
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((client) => client.close()));
    });
    afterAll(() => {
      overHttp?.kill('SIGTERM');
    });

    it('holds the dialogue of its documentation over stdio', async () => {
      const client = await onStdio(KEYS.dialogue);
      const { tools } = await client.listTools();
      const document = await readFile(join(ROOT, 'docs', 'mcp.md'), 'utf8');
      for (const { name } of tools) expect(document).toContain(`\`${name}\``);
      expect(tools.find(({ name }) => name === 'list_instances')?.annotations).toMatchObject({ readOnlyHint: true });
      expect(tools.find(({ name }) => name === 'delete_instance')?.annotations).toMatchObject({
        destructiveHint: true,
      });

      const [, dialogue = ''] = /```text\n([^]*?)```/.exec(document) ?? [];
      const steps = dialogue.split('→ ').slice(1);
      expect(steps.length).toBeGreaterThan(8);
      let token = '';
      for (const step of steps) {
        const [request = '', ...expected] = step.trim().split('\n');
        const [, name = '', json = ''] = /^(\w+) (.*)$/.exec(request) ?? [];
        const answer = await call(client, name, JSON.parse(json.replace('plan_…', token)) as Record<string, unknown>);
        token = answer.document.plan?.confirm ?? token;
        for (const line of expected) {
          const pattern = line.slice(2).split('…').map(literally).join('.*');
          expect(answer.text).toMatch(new RegExp(pattern));
        }
      }
      await call(client, 'delete_instance', {
        instance: 'notebook',
        confirm: await planOf(client, 'delete_instance', { instance: 'notebook' }),
      });
    });

    it('rents once for a token, however often and by however many it is used, and within the limits of the key only', async () => {
      const client = await onHttp(KEYS.agent);
      const confirm = await planOf(client, 'create_instance', WANTED);
      const both = await Promise.all([
        call(client, 'create_instance', { ...WANTED, confirm }),
        call(client, 'create_instance', { ...WANTED, confirm }),
      ]);
      const again = await call(client, 'create_instance', { ...WANTED, confirm });
      expect([...both, again].map(({ document }) => document.stage)).toEqual(['done', 'done', 'done']);
      expect(again.document.isRepeat).toBe(true);
      expect(new Set([...both, again].map(({ document }) => document.instance?.id)).size).toBe(1);
      expect(await own('agent')).toHaveLength(1);

      // Bound to its arguments and its key.
      const other = await call(client, 'create_instance', { ...WANTED, name: 'other', confirm });
      expect(other.document).toMatchObject({
        stage: 'refused',
        plan: { confirm: expect.not.stringContaining(confirm) },
      });
      const stranger = await onHttp(KEYS.dialogue);
      const theirs = await call(stranger, 'delete_instance', { instance: 'by-agent', confirm });
      expect(theirs).toMatchObject({ document: { stage: 'refused' }, text: expect.stringContaining('did nothing') });

      // Of four at once, planned by the server or asked of the API itself, one fits.
      const api = novitaFleet({ url, key: KEYS.agent });
      const tokens = await Promise.all(
        ['b', 'c'].map((name) => planOf(client, 'create_instance', { ...WANTED, name })),
      );
      const body = { productName: WANTED.gpu, region: 'any', image: WANTED.image };
      const attempts = await Promise.all([
        ...['b', 'c'].map((name, at) => call(client, 'create_instance', { ...WANTED, name, confirm: tokens[at] })),
        ...['d', 'e'].map((name) => createInstance({ client: api, body: { ...body, name } })),
      ]);
      expect(await own('agent')).toHaveLength(2);
      const refused = attempts.filter((attempt) =>
        'isError' in attempt ? attempt.isError : attempt.error !== undefined,
      );
      expect(refused).toHaveLength(3);
      expect(JSON.stringify(refused)).toContain('key-limit-reached');
      const { text, isError } = await call(client, 'create_instance', { ...WANTED, name: 'one-more' });
      expect([isError, text]).toEqual([true, expect.stringContaining('limits of this key leave')]);

      const tooLong = await createInstance({ client: api, body: { ...body, name: 'f', maxLifetimeMinutes: 241 } });
      expect(tooLong.error).toMatchObject({ code: 'key-limit-reached', errors: [{ pointer: '/maxLifetimeMinutes' }] });
      const { data: me } = await getMe({ client: api, throwOnError: true });
      expect(me.limits).toMatchObject({ ...LIMITS, now: { committedUsdPerHour: expect.any(Number), unpriced: 0 } });
    });

    it('refuses a plan that does not hold any more, and says each status while it waits', async () => {
      const client = await onHttp(KEYS.agent);
      const [one] = await own('agent');
      const instance = one?.id ?? '';
      const messages: (string | undefined)[] = [];
      const waited = await call<{ readonly outcome: string }>(
        client,
        'wait_for_instance',
        { instance },
        ({ message }) => messages.push(message),
      );
      expect(waited.document.outcome).toBe('reached');
      const [first, second] = [
        await planOf(client, 'stop_instance', { instance }),
        await planOf(client, 'stop_instance', { instance }),
      ];
      expect((await call(client, 'stop_instance', { instance, confirm: first })).document.stage).toBe('done');
      const late = await call(client, 'stop_instance', { instance, confirm: second });
      expect(late).toMatchObject({ document: { stage: 'refused' }, text: expect.stringContaining('has changed') });
      const stopped = { instance, for: 'stopped' };
      await call(client, 'wait_for_instance', stopped, ({ message }) => messages.push(message));
      expect(messages.join(' ')).toContain('is stopping');
      const events = await call<{ readonly events: readonly { readonly type: string }[] }>(client, 'events_since', {
        instance,
        limit: 100,
      });
      expect(events.document.events.map(({ type }) => type)).toContain('instance.stopped');
      for (const name of ['spend', 'idle_money', 'sync_status', 'list_orphans', 'list_instances']) {
        expect((await call(client, name)).isError).toBe(false);
      }
    });

    it('serves nobody without a key, under another name, or from a web page', async () => {
      await expect(onHttp('a-key-that-nobody-has')).rejects.toThrow(/401|not known|uthoriz/);
      const status = async (headers: Readonly<Record<string, string>>): Promise<number> => {
        const all = {
          authorization: `Bearer ${KEYS.agent}`,
          accept: 'application/json, text/event-stream',
          ...headers,
        };
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
        return (await fetch(mcpUrl, { method: 'POST', headers: { 'content-type': 'application/json', ...all }, body }))
          .status;
      };
      expect(await status({})).toBe(200);
      expect(await status({ authorization: 'Bearer a-key-that-nobody-has' })).toBe(401);
      expect(await status({ authorization: '' })).toBe(401);
      expect(await status({ origin: 'https://evil.example.com' })).toBe(403);
      expect((await fetch(mcpUrl.replace('/mcp', '/'))).status).toBe(404);
    });
  });
}
