import { once } from 'node:events';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Command } from 'commander';
import { Confirmations } from './mcp-confirmations.js';
import { parsePlace, serveHttp } from './mcp-http.js';
import type { Done } from './mcp-planned-act.js';
import type { Plan } from './mcp-plans.js';
import { createMcpServer, reportError } from './mcp-server.js';
import type { InSession, Session } from './session.js';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `mcp`: the fleet for agents, as a server of the Model Context Protocol. */
export function addMcp(program: Command, inSession: InSession): void {
  program
    .command('mcp')
    .description('serve the fleet to agents, over stdin and stdout; docs/mcp.md')
    .option('--http <[host:]port>', 'over HTTP instead, for callers with keys of their own; on this machine only')
    .option('--host-name <name>', 'a name by which it may be called from elsewhere; may be repeated', collect)
    .action(
      inSession(async (session, options: { http?: string; hostName?: readonly string[] }) => {
        const confirmations = new Confirmations<Plan, Done>();
        const stop = new AbortController();
        // A supervisor ends it so.
        process.once('SIGTERM', () => stop.abort());
        const own = { ...session, signal: AbortSignal.any([session.signal, stop.signal]) };
        if (options.http === undefined) {
          await serveOnStdio(own, confirmations);
          return;
        }
        const place = parsePlace(options.http, options.hostName ?? []);
        const { url, ended } = await serveHttp(own, place, confirmations);
        process.stderr.write(`Serving ${session.profile.url} to agents at ${url}\n`);
        await ended;
      }),
    );
}

/** Ends with its input, or the signal. */
async function serveOnStdio(session: Session, confirmations: Confirmations<Plan, Done>): Promise<void> {
  const handle = serveStdio(() => createMcpServer(session, confirmations), { onerror: reportError });
  await Promise.race([once(process.stdin, 'close'), once(session.signal, 'abort')]);
  await handle.close();
}
