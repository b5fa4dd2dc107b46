import { describe, type Plan, type Step } from './plan/plan.js';
import { runPlan, type SeedOutcome } from './run-seed.js';

/** Runs at most; each takes as long as a seed. */
const MOST_RUNS = 250;

/** The shortest history that was found to break the same promise. */
export interface Shrunk {
  readonly seed: number;
  readonly stormMs: number;
  /** What else the plan says. */
  readonly setting: string;
  readonly steps: readonly { readonly atMs: number; readonly text: string }[];
  readonly outcome: SeedOutcome;
  readonly runs: number;
}

/**
 * Leaves out of a failing plan what it does not need: the time after the failure, halves, quarters and at last single
 * steps, as long as the same promise is broken.
 */
export async function shrink(plan: Plan, outcome: SeedOutcome): Promise<Shrunk> {
  const promise = outcome.violation?.promise;
  let best = { plan, outcome };
  let runs = 0;
  const accept = async (candidate: Plan): Promise<boolean> => {
    if (runs >= MOST_RUNS) return false;
    runs += 1;
    const tried = await runPlan(candidate, { tailLines: 30 });
    if (tried.violation?.promise !== promise) return false;
    best = { plan: candidate, outcome: tried };
    return true;
  };
  for (const shorter of [0.25, 0.5, 0.75]) {
    const stormMs = Math.round(plan.stormMs * shorter);
    if (await accept({ ...plan, stormMs, steps: plan.steps.filter(({ atMs }) => atMs < stormMs) })) break;
  }
  const present = (): Plan => best.plan;
  for (let size = Math.ceil(present().steps.length / 2); size > 1; size = Math.ceil(size / 2)) {
    await leaveOut(size, present, accept);
  }
  while (await leaveOut(1, present, accept));
  await accept({ ...best.plan, foreign: 0, lateLists: 0 });
  const { seed, stormMs, lateLists, foreign, migrationEndsIn, steps } = best.plan;
  return {
    seed,
    stormMs,
    setting: `new instances listed ${Math.round(lateLists / 1_000)} s late, ${foreign} made elsewhere, migrations end in ${migrationEndsIn}`,
    steps: steps.map((step) => ({ atMs: step.atMs, text: describe(step) })),
    outcome: best.outcome,
    runs,
  };
}

/** Tries to do without each row of so many steps. */
async function leaveOut(size: number, present: () => Plan, accept: (plan: Plan) => Promise<boolean>): Promise<boolean> {
  let isSmaller = false;
  for (let from = 0; from < present().steps.length; ) {
    const plan = present();
    const steps: readonly Step[] = [...plan.steps.slice(0, from), ...plan.steps.slice(from + size)];
    if (await accept({ ...plan, steps })) isSmaller = true;
    else from += size;
  }
  return isSmaller;
}
