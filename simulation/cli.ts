import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { SeedOutcome } from './run-seed.js';
import { SeedThread } from './seed-threads.js';
import type { Shrunk } from './shrink.js';

interface Order {
  readonly from: number;
  readonly seeds: number;
  readonly days: number | null;
  readonly isTraced: boolean;
  /** A line for each seed. */
  readonly isEachShown: boolean;
  /** End at the first broken promise. */
  readonly firstOnly: boolean;
  readonly shrinks: boolean;
  readonly threads: number;
}

/** `npm run simulate`. @returns the exit code: 0 when every promise was kept */
export async function runCli(args: readonly string[], file: URL): Promise<number> {
  const order = orderOf(args);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const startedAt = performance.now();
  const threads = Array.from({ length: Math.min(order.threads, order.seeds) }, () => new SeedThread(file, say));
  try {
    const outcomes = await runAll(order, threads, (broken) => say(headline(broken)));
    const broken = outcomes.filter(({ violation }) => violation !== null).sort((a, b) => a.seed - b.seed);
    if (order.isEachShown) {
      for (const { seed, hash, events } of outcomes.toSorted((a, b) => a.seed - b.seed)) {
        say(`seed ${seed}: trace ${hash}, ${events} events`);
      }
    }
    say(summary(outcomes, broken.length, performance.now() - startedAt));
    const [first] = broken;
    const [thread] = threads;
    if (first === undefined || thread === undefined) return 0;
    if (order.shrinks) say(history(await thread.shrink(first, order.days), order.days));
    else for (const line of first.tail) say(`    ${line}`);
    return 1;
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

async function runAll(
  order: Order,
  threads: readonly SeedThread[],
  onBroken: (outcome: SeedOutcome) => void,
): Promise<SeedOutcome[]> {
  const { from, seeds, days, isTraced, firstOnly } = order;
  const outcomes: SeedOutcome[] = [];
  let next = from;
  let isBroken = false;
  const take = (): number | null => (next >= from + seeds || (firstOnly && isBroken) ? null : next++);
  await Promise.all(
    threads.map(async (thread) => {
      for (let seed = take(); seed !== null; seed = take()) {
        const outcome = await thread.run(seed, days, isTraced);
        if (outcome.violation !== null) {
          isBroken = true;
          onBroken(outcome);
        }
        outcomes.push(outcome);
      }
    }),
  );
  return outcomes;
}

/** @throws Error for what it does not know */
function orderOf(args: readonly string[]): Order {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      days: { type: 'string' },
      trace: { type: 'boolean', default: false },
      each: { type: 'boolean', default: false },
      'first-only': { type: 'boolean', default: false },
      'no-shrink': { type: 'boolean', default: false },
      threads: { type: 'string' },
    },
  });
  const one = values.seed === undefined ? null : numberOf('seed', values.seed);
  return {
    from: one ?? numberOf('from', values.from),
    seeds: one === null ? numberOf('seeds', values.seeds) : 1,
    days: values.days === undefined ? null : numberOf('days', values.days),
    isTraced: values.trace,
    isEachShown: values.each,
    firstOnly: values['first-only'],
    shrinks: !values['no-shrink'] && !values.trace,
    threads: values.threads === undefined ? availableParallelism() : numberOf('threads', values.threads),
  };
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} wants a number, not ${text}`);
  return value;
}

function summary(outcomes: readonly SeedOutcome[], broken: number, ms: number): string {
  const sum = (of: (outcome: SeedOutcome) => number): string =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0).toLocaleString('en');
  return [
    `${outcomes.length} seeds in ${(ms / 1_000).toFixed(1)} s (${processorSeconds()} s of processor), `,
    `${sum(({ events }) => events)} events, `,
    `${sum(({ figures }) => figures.instances)} instances, ${sum(({ figures }) => figures.writes)} writes, `,
    `${sum(({ figures }) => figures.calls)} calls at Novita, ${sum(({ figures }) => figures.compared)} bills compared; `,
    broken === 0 ? 'every promise was kept' : `${broken} seeds broke a promise`,
    `\ntrace of all seeds: ${combined(outcomes)}`,
  ].join('');
}

/** Of all threads, loading included. */
function processorSeconds(): string {
  const { user, system } = process.cpuUsage();
  return ((user + system) / 1e6).toFixed(1);
}

/** Of the traces in the order of the seeds, whichever thread they ran in. */
function combined(outcomes: readonly SeedOutcome[]): string {
  let hash = 0n;
  for (const { hash: one } of outcomes.toSorted((a, b) => a.seed - b.seed)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(`0x${one}`)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

function headline({ seed, violation, hash }: SeedOutcome): string {
  return `seed ${seed} (trace ${hash}) at ${violation?.at}: ${violation?.promise}\n  ${violation?.detail}`;
}

function history({ seed, stormMs, setting, steps, outcome, runs }: Shrunk, days: number | null): string {
  return [
    `  the shortest history that was found to break it, after ${runs} runs: ${steps.length} steps in ${clock(stormMs)}, ${setting}`,
    ...steps.map(({ atMs, text }) => `  ${clock(atMs)} ${text}`),
    `  ${outcome.violation?.at}: ${outcome.violation?.detail}`,
    '  its last events:',
    ...outcome.tail.map((line) => `    ${line}`),
    `  the whole of it again: npm run simulate -- --seed ${seed}${days === null ? '' : ` --days ${days}`} --trace`,
  ].join('\n');
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
