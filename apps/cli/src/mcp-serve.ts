import { once } from 'node:events';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { Confirmations } from './mcp-confirmations.js';
import { parsePlace, serveHttp } from './mcp-http.js';
import type { Done } from './mcp-planned-act.js';
import type { Plan } from './mcp-plans.js';
import { createMcpServer, reportError } from './mcp-server.js';
import type { Session } from './session.js';

export interface McpOptions {
  readonly http?: string;
  readonly hostName?: readonly string[];
}

/**
 * Serves the fleet to agents, over stdin and stdout or over HTTP. Ends with its input, with SIGTERM, or with the session.
 *
 * @throws CommandFailure for a place to listen at that is none
 */
export async function serveMcp(session: Session, { http, hostName = [] }: McpOptions): Promise<void> {
  const confirmations = new Confirmations<Plan, Done>();
  const stop = new AbortController();
  // A supervisor ends it so.
  process.once('SIGTERM', () => stop.abort());
  const own = { ...session, signal: AbortSignal.any([session.signal, stop.signal]) };
  if (http === undefined) {
    await serveOnStdio(own, confirmations);
    return;
  }
  const { url, ended } = await serveHttp(own, parsePlace(http, hostName), confirmations);
  process.stderr.write(`Serving ${session.profile.url} to agents at ${url}\n`);
  await ended;
}

/** Ends with its input, or the signal. */
async function serveOnStdio(session: Session, confirmations: Confirmations<Plan, Done>): Promise<void> {
  const handle = serveStdio(() => createMcpServer(session, confirmations), { onerror: reportError });
  await Promise.race([once(process.stdin, 'close'), once(session.signal, 'abort')]);
  await handle.close();
}
