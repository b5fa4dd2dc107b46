import { once } from 'node:events';
import { connect } from 'node:net';
import { type Sandbox, startSandbox } from '@app/sandbox';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Body, CheckedClient } from './checked-client.js';

let sandbox: Sandbox;
let client: CheckedClient;

beforeEach(async () => {
  sandbox = await startSandbox({ speed: 0 });
  client = new CheckedClient(sandbox);
});
afterEach(() => sandbox.close());

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

it('answers on the http ports of an instance while it runs, from the time that they are open', async () => {
  const id = await client.create({
    ports: '8080/http,22/tcp',
    tools: [{ name: 'Jupyter', port: '8888', type: 'http' }],
  });
  sandbox.world.advance(80);
  const detail = await client.ok('getInstance', { query: { instanceId: id } });
  const [http, tcp] = detail['portMappings'] as readonly { endpoint: string }[];
  const url = http?.endpoint ?? '';
  expect(detail['status']).toBe('running');
  expect(await statusOf(url)).toBe(502);
  sandbox.world.advance(20);
  expect(await statusOf(url)).toBe(200);
  expect(await statusOf(String((detail['connectComponentJupyter'] as Body)['address']))).toBe(200);
  expect(await statusOf(String((detail['connectComponentWebTerminal'] as Body)['address']))).toBe(200);
  expect(await statusOf(url.replace('/8080/', '/8081/'))).toBe(502);
  expect(await statusOf(url.replace('/8080/', '/22/'))).toBe(502);
  expect(await statusOf(url.replace(id, 'feedfeedfeedfeed'))).toBe(502);

  const [host, port] = (tcp?.endpoint ?? '').split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  socket.destroy();

  await client.ok('stopInstance', { body: { instanceId: id } });
  expect(await statusOf(url)).toBe(502);
});

it('gives every sandbox its own ports', async () => {
  const other = await startSandbox();
  try {
    expect(other.port).not.toBe(sandbox.port);
    await expect(startSandbox({ port: other.port })).rejects.toThrow('EADDRINUSE');
  } finally {
    await other.close();
  }
});
