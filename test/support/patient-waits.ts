import { vi } from 'vitest';

/**
 * A wait ends by its condition. Its limit only ends a test that would otherwise hang, so it proves nothing by being
 * short, and a busy machine may need longer than an idle one: no limit below this counts.
 */
const PATIENCE_MS = 60_000;
const PATIENT = Symbol.for('novita-fleet.patient-waits');

type Waiting = typeof vi & { [PATIENT]?: true };
type Options = Parameters<typeof vi.waitFor>[1];

const waiting: Waiting = vi;
// Files that share a process run this more than once.
if (waiting[PATIENT] !== true) {
  const { waitFor, waitUntil } = vi;
  waiting.waitFor = (callback, options) => waitFor(callback, patient(options));
  waiting.waitUntil = (callback, options) => waitUntil(callback, patient(options));
  waiting[PATIENT] = true;
}

function patient(options: Options): Options {
  const given = typeof options === 'number' ? { timeout: options } : options;
  return { ...given, timeout: Math.max(given?.timeout ?? 0, PATIENCE_MS) };
}
