import type { Command } from 'commander';
import type { McpOptions } from './mcp-serve.js';
import type { InSession } from './session.js';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `mcp`: the fleet for agents, as a server of the Model Context Protocol. */
export function addMcp(program: Command, inSession: InSession): void {
  program
    .command('mcp')
    .description('serve the fleet to agents, over stdin and stdout; docs/mcp.md')
    .option('--http <[host:]port>', 'over HTTP instead, for callers with keys of their own; on this machine only')
    .option('--host-name <name>', 'a name by which it may be called from elsewhere; may be repeated', collect)
    .action(
      inSession(async (session, options: McpOptions) => {
        // The protocol and its schemas take longer to load than all the rest, for which every other command would wait.
        const { serveMcp } = await import('./mcp-serve.js');
        await serveMcp(session, options);
      }),
    );
}
