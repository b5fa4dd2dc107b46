import { expect, vi } from 'vitest';

/**
 * A wait ends by its condition. Its limit only ends a test that would otherwise hang, so it proves nothing by being
 * short, and a busy machine may need longer than an idle one: no limit below this counts.
 */
const PATIENCE_MS = 60_000;
const PATIENT = Symbol.for('novita-fleet.patient-waits');

// Files that share a process run this more than once.
const waiting: typeof vi & { [PATIENT]?: true } = vi;
if (waiting[PATIENT] !== true) {
  const { waitFor, waitUntil } = vi;
  waiting.waitFor = (callback, options) => waitFor(callback, patient(options));
  waiting.waitUntil = (callback, options) => waitUntil(callback, patient(options));
  waiting[PATIENT] = true;
}
const expecting: typeof expect & { [PATIENT]?: true } = expect;
if (expecting[PATIENT] !== true) {
  const { poll } = expect;
  expecting.poll = (ask, options) => poll(ask, patient(options));
  expecting[PATIENT] = true;
}

interface Limits {
  readonly timeout?: number | undefined;
}

function patient<Options extends Limits>(options: number | Options = {} as Options): Options & { timeout: number } {
  const given = typeof options === 'number' ? ({ timeout: options } as Options) : options;
  return { ...given, timeout: Math.max(given.timeout ?? 0, PATIENCE_MS) };
}
