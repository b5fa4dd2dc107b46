import { createHash } from 'node:crypto';
import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import type { Instance } from '@novita-fleet/client';
import * as z from 'zod';
import { ApiProblem, CommandFailure } from './failure.js';
import { dollars, oneLine } from './output.js';
import type { ApiSession } from './session.js';

/** What a tool answers: a document for programs, and the same in sentences. */
export interface ToolAnswer<Document> {
  readonly document: Document;
  readonly sentences: readonly string[];
}

interface ToolConfig<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly kind: 'reads' | 'changes' | 'destroys';
  /** Whether the same call again changes nothing more. */
  readonly isIdempotent: boolean;
}

/** What the tools of one caller share. */
export interface ToolContext {
  readonly server: McpServer;
  readonly session: ApiSession;
}

/** Adds a tool. What fails is an answer too: an agent is to read why, and what to do. */
export function addTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  { server, session }: ToolContext,
  name: string,
  { title, description, input, output, kind, isIdempotent }: ToolConfig<Input, Output>,
  act: (
    args: z.output<Input>,
    own: { readonly session: ApiSession; readonly context: ServerContext },
  ) => Promise<ToolAnswer<z.input<Output>>>,
): void {
  const annotations = {
    readOnlyHint: kind === 'reads',
    destructiveHint: kind === 'destroys',
    idempotentHint: isIdempotent,
    openWorldHint: true,
  };
  const config = { title, description, inputSchema: input, outputSchema: output, annotations };
  const run = async (args: z.output<Input>, context: ServerContext): Promise<CallToolResult> => {
    // A call that is cancelled ends its requests and waits.
    const signal = AbortSignal.any([session.signal, context.mcpReq.signal]);
    try {
      const { document, sentences } = await act(args, { session: { ...session, signal }, context });
      return { content: [{ type: 'text', text: sentences.join('\n') }], structuredContent: { ...document } };
    } catch (error) {
      if (error instanceof CommandFailure) return failed(error);
      throw error;
    }
  };
  server.registerTool<Output, Input>(name, config, run as never);
}

function failed(error: CommandFailure): CallToolResult {
  const code = error instanceof ApiProblem ? ` (${error.problem.code})` : '';
  return { isError: true, content: [{ type: 'text', text: `${error.message}${code}` }] };
}

/** Stands for the key of a session, and for the fleet that it is for; holds neither. */
export function ownerOfPlans({ profile: { url, key } }: ApiSession): string {
  return createHash('sha256')
    .update(JSON.stringify([url, key]))
    .digest('hex');
}

/** Without the members that are not given: the API tells absent and undefined apart. */
export function given<Members extends Readonly<Record<string, unknown>>>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

export const REFERENCE = z.string().min(1).max(255).describe("An instance: its name, its id (ins_…) or Novita's id.");

/** An instance in few words: a list of them has to fit into the mind of an agent. */
export const BRIEF = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  gpu: z.string(),
  region: z.string().nullable(),
  owner: z.string(),
  usdPerHour: z.number().nullable().describe('Null where it is not known.'),
  billed: z.enum(['running', 'though-stopped']).nullable().describe('Null while it costs nothing.'),
  idleSince: z.string().nullable(),
  stopsAt: z.string().nullable().describe('When auto-stop stops it, unless it is used.'),
  leasedUntil: z.string().nullable(),
  endsAt: z.string().nullable().describe('When its lifetime ends, whatever its use.'),
  lastError: z.string().nullable(),
});

export function brief(instance: Instance): z.output<typeof BRIEF> {
  const { id, name, status, gpuNum, product, region, owner, pricePerHour, billedNow, lastError } = instance;
  return {
    id,
    name: oneLine(name),
    status,
    gpu: `${gpuNum} × ${product.name}`,
    region: region ?? null,
    owner,
    usdPerHour: pricePerHour ?? null,
    billed: billedNow ?? null,
    idleSince: instance.idleSince ?? null,
    stopsAt: instance.autoStopAt ?? null,
    leasedUntil: instance.autoStop.lease?.until ?? null,
    endsAt: instance.lifetime?.endsAt ?? null,
    lastError: lastError === undefined ? null : oneLine(lastError.message),
  };
}

/** An instance in a sentence: what it is, what it costs, and when it ends. */
export function lineOf(instance: Instance): string {
  const { id, name, status, gpu, usdPerHour, billed, owner, endsAt, stopsAt, leasedUntil } = brief(instance);
  const until = [
    ...(leasedUntil === null ? [] : [`leased until ${leasedUntil}`]),
    ...(stopsAt === null ? [] : [`stops at ${stopsAt} unless it is used`]),
    ...(endsAt === null ? [] : [`ends at ${endsAt}`]),
  ];
  const cost = billed === null ? 'costs nothing now' : `costs ${dollars(usdPerHour)} an hour`;
  return `${name} (${id}) is ${status}: ${gpu}, ${cost}, of ${owner}${until.length === 0 ? '' : `; ${until.join(', ')}`}.`;
}
