import { getMe, type Instance, type MeView } from '@novita-fleet/client';
import * as z from 'zod';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import type { Confirmations } from './mcp-confirmations.js';
import { limitsText, overLimit, type Plan, planHolds } from './mcp-plans.js';
import { BRIEF, brief, ownerOfPlans, type ToolAnswer } from './mcp-tool.js';
import { oneLine } from './output.js';
import { type ApiSession, ask } from './session.js';

export const CONFIRM = z
  .string()
  .max(100)
  .optional()
  .describe('The token of the plan that the same call without it has answered; only then is anything done.');
export const FIRST_A_PLAN =
  'Answers a plan with its cost and a token first, and does nothing; the same call with that token in `confirm` does it, once.';

export const ACTED = z.object({
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

export interface PlannedAct<Own extends Plan> {
  /** The tool and its arguments, the token left out. */
  readonly request: string;
  readonly confirm: string | undefined;
  /** @throws CommandFailure for what cannot be planned */
  readonly make: (limits: MeView['limits']) => Promise<Own>;
  readonly carryOut: (plan: Own, repeatKey: string) => Promise<Done>;
}

/** Answers a plan, or carries out the plan whose token is given. */
export async function planned<Own extends Plan>(
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
      throw error instanceof CommandFailure && kind === 'unknown' ? precededBy(WHY_NOT.unknown, error) : error;
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
      ? precededBy('The answer to an earlier call with this token was lost, so it may have acted', explained)
      : explained;
  }
}

/** A rejection by a limit of the key, with what the limits are, what is used of them and what is left. */
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
function precededBy(sentence: string, error: CommandFailure): CommandFailure {
  const text = `${sentence}. ${LOOK}`;
  if (!(error instanceof ApiProblem)) return new CommandFailure(`${text}\n${error.message}`, error.exitCode);
  return new ApiProblem({ ...error.problem, detail: `${text}\n${error.problem.detail}` });
}

/** Problems below 500 that do not say that nothing was done: the first request under this key may be done, or be under way. */
const UNSURE: ReadonlySet<string> = new Set(['request-in-flight', 'idempotency-key-reused']);

/** Whether an act may have been carried out although it failed here: always, unless the API itself has rejected it. */
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
