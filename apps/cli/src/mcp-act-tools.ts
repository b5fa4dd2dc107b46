import type { ServerContext } from '@modelcontextprotocol/server';
import {
  type CommandAnswer,
  createInstance,
  deleteInstance,
  endInstanceLease,
  getMe,
  type Instance,
  leaseInstance,
  listInstances,
  type MeView,
  reportInstanceUse,
  restartInstance,
  startInstance,
  stopInstance,
} from '@novita-fleet/client';
import * as z from 'zod';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import { findInstance } from './find-instance.js';
import type { Confirmations } from './mcp-confirmations.js';
import {
  type CreatePlan,
  limitsText,
  listedPrice,
  overLimit,
  type Plan,
  planCommand,
  planCreate,
  planHolds,
  planLease,
} from './mcp-plans.js';
import { offersOf } from './mcp-read-tools.js';
import {
  addTool,
  BRIEF,
  brief,
  given,
  ownerOfPlans,
  REFERENCE,
  type ToolAnswer,
  type ToolContext,
} from './mcp-tool.js';
import { duration, oneLine } from './output.js';
import { type ApiSession, ask } from './session.js';
import { waitFor } from './wait-for.js';

const CONFIRM = z
  .string()
  .max(100)
  .optional()
  .describe('The token of the plan that the same call without it has answered; only then is anything done.');
const FIRST_A_PLAN =
  'Answers a plan with its cost and a token first, and does nothing; the same call with that token in `confirm` does it, once.';

const ACTED = z.object({
  stage: z
    .enum(['planned', 'refused', 'done'])
    .describe('refused: the token does not stand for this any more; this call did nothing, and `plan` is the new one.'),
  plan: z
    .object({
      act: z.string(),
      instanceId: z.string().nullable(),
      sentences: z.array(z.string()),
      beginsUsdPerHour: z.number(),
      endsUsdPerHour: z.number().nullable(),
      atMostUsd: z
        .number()
        .nullable()
        .describe('What it can cost before it ends by itself; null where nothing ends it.'),
      confirm: z.string(),
      expiresAt: z.string(),
    })
    .nullable(),
  instance: BRIEF.nullable().describe('As it is after the act.'),
  isRepeat: z.boolean().describe('Whether the token was used before: this is the answer of then.'),
});
type Acted = z.input<typeof ACTED>;

/** What became of an act. */
export interface Done {
  readonly instance: Instance;
  readonly message: string;
}

export type PlanConfirmations = Confirmations<Plan, Done>;

interface PlannedAct<Own extends Plan> {
  /** The tool and its arguments, the token left out. */
  readonly request: string;
  readonly confirm: string | undefined;
  /** @throws CommandFailure for what cannot be planned */
  readonly make: (limits: MeView['limits']) => Promise<Own>;
  readonly carryOut: (plan: Own, repeatKey: string) => Promise<Done>;
}

/** Answers a plan, or carries out the plan whose token is given. */
async function planned<Own extends Plan>(
  session: ApiSession,
  confirmations: PlanConfirmations,
  { request, confirm, make, carryOut }: PlannedAct<Own>,
): Promise<ToolAnswer<Acted>> {
  const owner = ownerOfPlans(session);
  const present = async (): Promise<Own> => make((await ask(session, getMe({ client: session.client }))).limits);
  const answer = async (refusal: string | null, plan?: Own): Promise<ToolAnswer<Acted>> => {
    const { limits } = await ask(session, getMe({ client: session.client }));
    const shown = plan ?? (await make(limits));
    const over = overLimit(shown, limits);
    if (over !== null) throw new CommandFailure(`Nothing was done by this call: ${over}`);
    return planAnswer(shown, confirmations.issue(owner, request, shown), refusal);
  };
  if (confirm === undefined) return answer(null);
  const found = confirmations.find(owner, request, confirm);
  if (found.kind === 'confirmed') return outcome(session, found.answer, true);
  const refused = (kind: keyof typeof WHY_NOT): Promise<ToolAnswer<Acted>> =>
    answer(WHY_NOT[kind]).catch((error: unknown) => {
      // What an earlier call with the token has done may be why there is no plan now.
      throw error instanceof CommandFailure && kind === 'unknown' ? told(WHY_NOT.unknown, error) : error;
    });
  if (found.kind !== 'open') return refused(found.kind);
  let { isBegun } = found;
  if (!isBegun) {
    const [now] = await Promise.allSettled([present()]);
    // Somebody else may have confirmed it meanwhile, which changes what it was planned from.
    const again = confirmations.find(owner, request, confirm);
    if (again.kind === 'confirmed') return outcome(session, again.answer, true);
    if (again.kind !== 'open') return refused(again.kind);
    isBegun = again.isBegun;
    if (!isBegun) {
      if (now.status === 'rejected') throw now.reason;
      if (!planHolds(found.plan, now.value)) {
        confirmations.drop(owner, confirm);
        return answer('What was planned has changed since. Nothing was done', now.value);
      }
    }
  }
  // The token belongs to this tool and these arguments, so its plan is of the kind that `make` makes.
  const act = (): Promise<Done> => carryOut(found.plan as Own, found.repeatKey);
  return outcome(session, found.begin(act, mayHaveActed), false, isBegun);
}

/**
 * What a confirmed plan has come to, or why it did not.
 * @param wasTried whether an earlier try of it was lost
 * @throws CommandFailure
 */
async function outcome(
  session: ApiSession,
  done: Promise<Done>,
  isRepeat: boolean,
  wasTried = false,
): Promise<ToolAnswer<Acted>> {
  try {
    return doneAnswer(await done, isRepeat);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (mayHaveActed(error)) {
      throw new CommandFailure(
        `Whether it was done is not known (${why}). Call again after a while with the same confirm token, within an hour: nothing is done twice.`,
      );
    }
    if (!(error instanceof CommandFailure)) throw error;
    const explained = await withLimits(session, error);
    throw wasTried
      ? told('The answer to an earlier call with this token was lost, so it may have acted', explained)
      : explained;
  }
}

/** A refusal by a limit of the key, with what the limits are, what is used of them and what is left. */
async function withLimits(session: ApiSession, error: CommandFailure): Promise<CommandFailure> {
  if (!(error instanceof ApiProblem) || error.problem.code !== 'key-limit-reached') return error;
  const { problem } = error;
  const text = await ask(session, getMe({ client: session.client })).then(
    ({ limits }) => limitsText(limits).join(' '),
    () => 'What the limits of this key are, and what they leave, is not known at present.',
  );
  return new ApiProblem({ ...problem, detail: `${problem.detail}\n${text}` });
}

/** The same failure, after a sentence on what was done before it. */
function told(sentence: string, error: CommandFailure): CommandFailure {
  const text = `${sentence}. ${LOOK}`;
  if (!(error instanceof ApiProblem)) return new CommandFailure(`${text}\n${error.message}`, error.exitCode);
  return new ApiProblem({ ...error.problem, detail: `${text}\n${error.problem.detail}` });
}

/** Problems below 500 that do not say that nothing was done: the first request under this key may be done, or be under way. */
const UNSURE: ReadonlySet<string> = new Set(['request-in-flight', 'idempotency-key-reused']);

/** Whether an act may have been carried out although it failed here: always, unless the API itself has refused it. */
export function mayHaveActed(error: unknown): boolean {
  if (error instanceof ApiProblem) {
    const { status, code } = error.problem;
    return status >= 500 || status < 400 || status === 408 || status === 429 || UNSURE.has(code);
  }
  // Nobody answered, or somebody else did. That a key is missing is known before anything is done.
  return !(error instanceof CommandFailure) || error.exitCode === EXIT.failed;
}

const LOOK = 'Look with list_instances before you confirm another plan for the same.';
const WHY_NOT = {
  unknown:
    'The token is not known here: it was used up or forgotten, as by a restart, or is not of this key. This call did nothing, but an earlier one with this token may have acted',
  expired: 'The plan has expired. Nothing was done',
  'other-request': 'The token belongs to a plan with other arguments. This call did nothing',
} as const;

function planAnswer(
  { act, instanceId, sentences, beginsUsdPerHour, endsUsdPerHour, atMostUsd }: Plan,
  { token, expiresAt }: { readonly token: string; readonly expiresAt: string },
  refusal: string | null,
): ToolAnswer<Acted> {
  const plan = { act, instanceId, sentences: [...sentences], beginsUsdPerHour, endsUsdPerHour, atMostUsd };
  return {
    document: {
      stage: refusal === null ? 'planned' : 'refused',
      plan: { ...plan, confirm: token, expiresAt },
      instance: null,
      isRepeat: false,
    },
    sentences: [
      refusal === null
        ? 'Nothing is done yet. The plan:'
        : `${refusal}. ${refusal === WHY_NOT.unknown ? `${LOOK} ` : ''}The plan now:`,
      ...sentences,
      `To do it, call again with the same arguments and confirm "${token}", until ${expiresAt}.`,
    ],
  };
}

function doneAnswer({ instance, message }: Done, isRepeat: boolean): ToolAnswer<Acted> {
  return {
    document: { stage: 'done', plan: null, instance: brief(instance), isRepeat },
    sentences: [
      ...(isRepeat ? ['This token was used before; this is what it did then.'] : []),
      `${oneLine(message)} ${oneLine(instance.name)} (${instance.id}) is ${instance.status}.`,
    ],
  };
}

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
      const wish = { name, gpu, gpus, billing, ...given({ ...others, envs, rootfsSize: diskGb }) };
      const act: PlannedAct<CreatePlan> = {
        request: `create ${JSON.stringify([args, env ?? null, diskGb ?? null])}`,
        confirm,
        make: async (limits) => {
          const [offers, page] = await Promise.all([
            offersOf(session, { gpu, gpus, billing }),
            ask(session, listInstances({ client: session.client, query: { name, limit: 50 } })),
          ]);
          const namesakes = page.instances.filter((one) => one.name === name && one.status !== 'terminated').length;
          return planCreate(wish, offers, namesakes, limits);
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
