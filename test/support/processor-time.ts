import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, expect } from 'vitest';

/**
 * What each file of tests costs in processor time, with the processes that it starts: on two cores this, and not any
 * wait, is what a whole run takes. `npm test` says where to write it and prints the dearest; only Linux tells.
 */
const { TEST_COSTS_FILE } = process.env;
/** `getconf CLK_TCK`, which Linux fixes for what it shows in /proc. */
const TICKS_PER_SECOND = 100;
const SPENT = Symbol.for('novita-fleet.processor-time');

interface Spending {
  [SPENT]?: number;
}

if (TEST_COSTS_FILE !== undefined && process.platform === 'linux') {
  const file = relative(process.cwd(), expect.getState().testPath ?? '');
  // Registered first, this runs last: after the file has ended what it started.
  afterAll(() => {
    const total = secondsOf(process.pid);
    const before = (globalThis as Spending)[SPENT] ?? 0;
    (globalThis as Spending)[SPENT] = total;
    appendFileSync(TEST_COSTS_FILE, `${JSON.stringify({ file, seconds: total - before })}\n`);
  });
}

/** Of a process, of those that it has started and of what those have started, as far as they run or were waited for. */
function secondsOf(root: number): number {
  const spent = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(entry);
    if (stat !== null) spent.set(Number(entry), stat);
  }
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = spent.get(at)?.parent) {
      if (at === root) return true;
    }
    return false;
  };
  return [...spent].reduce((sum, [pid, { ticks }]) => (belongs(pid) ? sum + ticks : sum), 0) / TICKS_PER_SECOND;
}

/** `null` for a process that has ended meanwhile. */
function statOf(pid: string): { readonly parent: number; readonly ticks: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may hold blanks: state, parent, …; 11 to 14 are user, system and those of ended children.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) };
  } catch {
    return null;
  }
}
