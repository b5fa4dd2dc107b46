import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { PROCESSES, type ProcessName, planOf } from './plan/plan.js';
import { report } from './report.js';
import { runPlan } from './run.js';

interface Order {
  readonly seed: number;
  readonly processes: readonly ProcessName[];
  readonly stormMs: number;
  readonly mostInstances: number;
  readonly isRolling: boolean;
}

/** `npm run chaos`. @returns the exit code: 0 when every promise was kept */
export async function runCli(args: readonly string[]): Promise<number> {
  Logger.overrideLogger(['warn', 'error', 'fatal']);
  const { seed, stormMs, ...order } = orderOf(args);
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort(new Error(signal)));
  const outcome = await runPlan(planOf(seed, stormMs), { ...order, signal: ending.signal, say });
  say(report(outcome));
  return outcome.broken.length === 0 ? 0 : 1;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** @throws Error for what it does not know */
function orderOf(args: readonly string[]): Order {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      seconds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      instances: { type: 'string', default: '40' },
      small: { type: 'boolean', default: false },
      'no-rolling': { type: 'boolean', default: false },
    },
  });
  const seconds =
    values.seconds === undefined ? 60 * above0('minutes', values.minutes) : above0('seconds', values.seconds);
  return {
    seed: above0('seed', values.seed),
    stormMs: 1_000 * seconds,
    processes: values.small ? PROCESSES.filter((name) => name !== 'worker-2') : PROCESSES,
    mostInstances: above0('instances', values.instances),
    isRolling: !values['no-rolling'],
  };
}

function above0(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} wants a number above 0, not ${text}`);
  return value;
}
