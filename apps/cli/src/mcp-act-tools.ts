import type { ServerContext } from '@modelcontextprotocol/server';
import {
  type CommandAnswer,
  createInstance,
  deleteInstance,
  endInstanceLease,
  type Instance,
  leaseInstance,
  listInstances,
  reportInstanceUse,
  restartInstance,
  startInstance,
  stopInstance,
} from '@novita-fleet/client';
import * as z from 'zod';
import { ApiProblem } from './failure.js';
import { findInstance } from './find-instance.js';
import { offersOf } from './mcp-money-tools.js';
import { ACTED, CONFIRM, FIRST_A_PLAN, type PlanConfirmations, type PlannedAct, planned } from './mcp-planned-act.js';
import { type CreatePlan, listedPrice, planCommand, planCreate, planLease } from './mcp-plans.js';
import { addTool, BRIEF, brief, given, REFERENCE, type ToolContext } from './mcp-tool.js';
import { duration, oneLine } from './output.js';
import { type ApiSession, ask } from './session.js';
import { waitFor } from './wait-for.js';

/** What begins, changes and ends instances. What costs or destroys is planned first. */
export function addActTools(tools: ToolContext, confirmations: PlanConfirmations): void {
  addCreate(tools, confirmations);
  addCommands(tools, confirmations);
  addLeases(tools, confirmations);
  addWait(tools);
}

function addCreate(tools: ToolContext, confirmations: PlanConfirmations): void {
  addTool(
    tools,
    'create_instance',
    {
      title: 'Rent a GPU instance',
      description: `Rents the cheapest GPU in stock of that name. It ends by itself. ${FIRST_A_PLAN}`,
      input: z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9-]{1,200}$/)
          .describe('Letters, digits and hyphens.'),
        gpu: z.string().min(1).max(255).describe('Such as RTX 4090; list_prices shows them.'),
        gpus: z.number().int().min(1).max(8).default(1),
        image: z.string().min(1).max(500).optional().describe('Container image; this or templateId.'),
        templateId: z.string().min(1).max(255).optional().describe("One of Novita's templates."),
        region: z.string().min(1).max(255).optional().describe('Only there; absent: the cheapest anywhere.'),
        billing: z.enum(['onDemand', 'spot']).default('onDemand'),
        ports: z.array(z.string().max(20)).max(15).optional().describe('Such as 8080/http.'),
        env: z.record(z.string().max(511), z.string().max(4_095)).optional(),
        command: z.string().max(2_047).optional().describe("Replaces the image's CMD."),
        diskGb: z.number().int().min(10).max(10_000).optional(),
        lifetimeMinutes: z
          .number()
          .positive()
          .max(5_256_000)
          .optional()
          .describe('From its creation to its end, whatever its use. Absent: 480, or less where the key allows less.'),
        stopAfterIdleMinutes: z.number().positive().max(525_600).optional(),
        confirm: CONFIRM,
      }),
      output: ACTED,
      kind: 'changes',
      isIdempotent: false,
    },
    async ({ confirm, env, diskGb, ...args }, { session }) => {
      const envs = env === undefined ? undefined : Object.entries(env).map(([key, value]) => ({ key, value }));
      const { name, gpu, gpus, billing, ...others } = args;
      const asked = { name, gpu, gpus, billing, ...given({ ...others, envs, rootfsSize: diskGb }) };
      const act: PlannedAct<CreatePlan> = {
        request: `create ${JSON.stringify([args, env ?? null, diskGb ?? null])}`,
        confirm,
        make: async (limits) => {
          const [offers, page] = await Promise.all([
            offersOf(session, { gpu, gpus, billing }),
            ask(session, listInstances({ client: session.client, query: { name, limit: 50 } })),
          ]);
          const namesakes = page.instances.filter((one) => one.name === name && one.status !== 'terminated').length;
          return planCreate(asked, offers, namesakes, limits);
        },
        carryOut: async ({ body }, repeatKey) => {
          const headers = { 'Idempotency-Key': repeatKey };
          const made = await ask(tools.session, createInstance({ client: tools.session.client, body, headers }));
          return { instance: made, message: made.message };
        },
      };
      return planned(session, confirmations, act);
    },
  );
}

const COMMANDS = {
  start: {
    call: startInstance,
    title: 'Start an instance',
    does: 'Starts a stopped instance, which then costs again.',
  },
  stop: {
    call: stopInstance,
    title: 'Stop an instance',
    does: 'Stops an instance: what runs on it ends, its disk stays.',
  },
  restart: { call: restartInstance, title: 'Restart an instance', does: 'Restarts an instance: what runs on it ends.' },
  delete: { call: deleteInstance, title: 'Delete an instance', does: 'Deletes an instance and its disk for good.' },
} as const;

function addCommands(tools: ToolContext, confirmations: PlanConfirmations): void {
  for (const act of ['start', 'stop', 'restart', 'delete'] as const) {
    const { call, title, does } = COMMANDS[act];
    addTool(
      tools,
      `${act}_instance`,
      {
        title,
        description: `${does} ${FIRST_A_PLAN}`,
        input: z.strictObject({ instance: REFERENCE, confirm: CONFIRM }),
        output: ACTED,
        kind: act === 'start' ? 'changes' : 'destroys',
        isIdempotent: act !== 'restart',
      },
      ({ instance: reference, confirm }, { session }) =>
        planned(session, confirmations, {
          request: `${act} ${reference}`,
          confirm,
          make: async (limits) => {
            const instance = await findInstance(session, reference);
            const listed = act === 'start' ? await listedPriceOf(session, instance) : null;
            return planCommand(act, instance, limits, Date.now(), listed);
          },
          carryOut: async ({ instanceId }, repeatKey) => {
            const request = { client: tools.session.client, path: { id: instanceId ?? reference } };
            const headers = { 'Idempotency-Key': repeatKey };
            const instance = await ask<CommandAnswer>(tools.session, call({ ...request, headers }));
            return { instance, message: instance.message };
          },
        }),
    );
  }
}

/** What the catalogue asks for an instance like this now; null where it does not say. */
async function listedPriceOf(session: ApiSession, instance: Instance): Promise<number | null> {
  const { product, gpuNum, billingMode } = instance;
  try {
    return listedPrice(instance, await offersOf(session, { gpu: product.name, gpus: gpuNum, billing: billingMode }));
  } catch (error) {
    // A start does not need the catalogue.
    if (error instanceof ApiProblem) return null;
    throw error;
  }
}

function addLeases(tools: ToolContext, confirmations: PlanConfirmations): void {
  addTool(
    tools,
    'lease_instance',
    {
      title: 'Keep an instance busy for a time',
      description: `Keeps an instance from being stopped as idle until a time, and then ends by itself. ${FIRST_A_PLAN}`,
      input: z.strictObject({
        instance: REFERENCE,
        minutes: z.number().positive().max(43_200).describe('From now.'),
        reason: z.string().min(1).max(200).describe('What it is busy with; shown to others.'),
        confirm: CONFIRM,
      }),
      output: ACTED,
      kind: 'changes',
      isIdempotent: true,
    },
    ({ instance: reference, minutes, reason, confirm }, { session }) =>
      planned(session, confirmations, {
        request: `lease ${JSON.stringify([reference, minutes, reason])}`,
        confirm,
        make: async () => planLease(await findInstance(session, reference), minutes, Date.now()),
        carryOut: async ({ instanceId }, repeatKey) => {
          const path = { id: instanceId ?? reference };
          const headers = { 'Idempotency-Key': repeatKey };
          const body = { minutes, reason };
          const leased = await ask(tools.session, leaseInstance({ client: tools.session.client, path, body, headers }));
          return { instance: leased, message: `${leased.message}.` };
        },
      }),
  );

  const CHANGED = z.object({ instance: BRIEF.nullable(), message: z.string() });
  addTool(
    tools,
    'end_lease',
    {
      title: 'End a lease',
      description: 'Ends the lease of an instance: being unused counts against it again.',
      input: z.strictObject({ instance: REFERENCE }),
      output: CHANGED,
      kind: 'changes',
      isIdempotent: true,
    },
    async ({ instance: reference }, { session }) => {
      const { id } = await findInstance(session, reference);
      const answer = await ask(session, endInstanceLease({ client: session.client, path: { id } }));
      return { document: { instance: brief(answer), message: answer.message }, sentences: [`${answer.message}.`] };
    },
  );

  addTool(
    tools,
    'report_use',
    {
      title: 'Report that an instance is in use',
      description: 'Moves its time of last use to now, so that it is not stopped as idle for a while.',
      input: z.strictObject({ instance: REFERENCE }),
      output: CHANGED,
      kind: 'changes',
      isIdempotent: true,
    },
    async ({ instance: reference }, { session }) => {
      const { id, name } = await findInstance(session, reference);
      const { message, lastUsedAt } = await ask(
        session,
        reportInstanceUse({ client: session.client, path: { id }, body: {} }),
      );
      return { document: { instance: null, message }, sentences: [`${oneLine(name)} is in use, as of ${lastUsedAt}.`] };
    },
  );
}

/** A client gives up on a call at some time, and a connection is held as long. */
const MOST_WAIT_MINUTES = 10;

function addWait(tools: ToolContext): void {
  addTool(
    tools,
    'wait_for_instance',
    {
      title: 'Wait for an instance',
      description: `Waits until an instance has a status, cannot reach it any more, or the time is over; ${MOST_WAIT_MINUTES} minutes at most. Says each status meanwhile as progress.`,
      input: z.strictObject({
        instance: REFERENCE,
        for: z.enum(['ready', 'stopped', 'terminated']).default('ready'),
        timeoutMinutes: z.number().positive().max(MOST_WAIT_MINUTES).default(5),
      }),
      output: z.object({ outcome: z.enum(['reached', 'in-vain', 'too-late']), instance: BRIEF.nullable() }),
      kind: 'reads',
      isIdempotent: true,
    },
    async ({ instance: reference, for: status, timeoutMinutes }, { session, context }) => {
      const { id } = await findInstance(session, reference);
      const timeoutMs = timeoutMinutes * 60_000;
      const { outcome, instance } = await waitFor(session, id, { status, timeoutMs }, progressTo(context));
      const is = instance === null ? 'Nothing is known of it' : `${oneLine(instance.name)} is ${instance.status}`;
      const why = instance?.lastError === undefined ? '' : `: ${oneLine(instance.lastError.message)}`;
      const sentences = {
        reached: `${is}.`,
        'in-vain': `${is} and will not become ${status} by itself${why}.`,
        'too-late': `${is} after ${duration(timeoutMs)}, and not ${status} yet; wait again.`,
      };
      return {
        document: { outcome, instance: instance === null ? null : brief(instance) },
        sentences: [sentences[outcome]],
      };
    },
  );
}

/** Says each status to a client that wants to hear of progress. */
function progressTo({ mcpReq }: ServerContext): (instance: Instance) => Promise<void> {
  const { _meta: meta } = mcpReq;
  const progressToken = meta?.progressToken;
  let progress = 0;
  return async ({ name, status }) => {
    if (progressToken === undefined) return;
    progress += 1;
    const message = `${oneLine(name)} is ${status}`;
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, message } });
  };
}
