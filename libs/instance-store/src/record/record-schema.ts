import type { JsonObject } from './clean-timestamps.js';

/**
 * What became of the shape of a stored record, a step a line, the first one from schema 1 to 2. A step is pure, and
 * leaves a member that is there as it is: documents without a number are of any schema up to the sixth, whose releases
 * wrote none, and pass through the whole chain. How to add a step: CONTRIBUTING.md, "Add a member to the record".
 */
const STEPS: readonly ((record: JsonObject) => JsonObject)[] = [
  (record) => ({ missingSince: null, ignored: null, ...record }),
  (record) => ({ createdBy: null, ...record }),
  (record) => ({ spot: null, migration: null, ...record }),
  (record) => ({ stopHold: null, ...record }),
  (record) => ({ cost: null, ...record }),
];

/** The schema that this release writes. It grows with each step, and is never set back. */
export const RECORD_SCHEMA = STEPS.length + 1;

/** @returns the schema of a document; 1 when it names none, null when what it names is none */
export function schemaOf({ schema = 1 }: JsonObject): number | null {
  return Number.isSafeInteger(schema) && Number(schema) >= 1 ? Number(schema) : null;
}

/** Brings a document of an earlier schema to the present one; one of the present schema stays as it is. */
export function migrated(record: JsonObject, schema: number): JsonObject {
  return STEPS.slice(schema - 1).reduce((document, step) => step(document), record);
}
