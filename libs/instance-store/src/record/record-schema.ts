import type { JsonObject } from './clean-timestamps.js';

/** A step is a pure function: the members that its schema has and the one before had not, with what they are in it. */
type Step = (record: JsonObject) => JsonObject;

/**
 * What became of the shape of a stored record, a step a line, the first one from schema 1 to 2. A member that is there
 * already stays as it is: documents without a number are of any schema up to the sixth, whose releases wrote none, and pass
 * through the whole chain. How to add a step: CONTRIBUTING.md, "Add a member to the record".
 */
const STEPS: readonly Step[] = [
  () => ({ missingSince: null, ignored: null }),
  () => ({ createdBy: null }),
  () => ({ spot: null, migration: null }),
  () => ({ stopHold: null }),
  () => ({ cost: null }),
  () => ({ maxLifetimeMinutes: null }),
  () => ({ reportToken: null }),
];

/** The schema that this release writes. It grows with each step, and is never set back. */
export const RECORD_SCHEMA = STEPS.length + 1;

/** @returns the schema of a document; 1 when it names none, null when what it names is none */
export function schemaOf({ schema = 1 }: JsonObject): number | null {
  return Number.isSafeInteger(schema) && Number(schema) >= 1 ? Number(schema) : null;
}

/**
 * Brings a document of an earlier schema to the present one, in place: a copy for each step would make every old record
 * half as slow again to read. One of the present schema stays as it is.
 */
export function migrate(record: JsonObject, schema: number): void {
  for (let i = schema - 1; i < STEPS.length; i++) {
    const added = STEPS[i]?.(record) ?? {};
    for (const member in added) record[member] ??= added[member];
  }
}
