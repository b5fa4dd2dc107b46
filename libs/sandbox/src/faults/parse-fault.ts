import type { Fault } from './fault.js';
import { FAULT_KINDS, type FieldRule, isFaultKind, type KindRule } from './fault-kinds.js';

export class InvalidFaultError extends Error {
  override readonly name = 'InvalidFaultError';
}

const SCOPE: Readonly<Record<string, FieldRule>> = {
  operation: { type: 'string' },
  times: { type: 'number', min: 1 },
  instanceId: { type: 'string' },
  nameContains: { type: 'string' },
  page: { type: 'number', min: 0 },
};

/**
 * Reads a fault from outside. A misspelt field would make a test pass that should fail, so unknown ones are refused.
 *
 * @param operations the operationIds that there are
 * @throws InvalidFaultError naming the field
 */
export function parseFault(value: unknown, operations: ReadonlySet<string>): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidFaultError('a fault is an object with a kind');
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const kind = fields['kind'];
  if (!isFaultKind(kind)) {
    throw new InvalidFaultError(`unknown kind ${JSON.stringify(kind)}; known: ${Object.keys(FAULT_KINDS).join(', ')}`);
  }
  const rule = FAULT_KINDS[kind];
  const allowed: Record<string, FieldRule> = { ...SCOPE, ...rule.fields };
  for (const key of Object.keys(fields)) {
    if (key !== 'kind' && !Object.hasOwn(allowed, key)) {
      throw new InvalidFaultError(`${kind} has no field ${key}; it has ${Object.keys(allowed).join(', ')}`);
    }
  }
  for (const [key, fieldRule] of Object.entries(allowed)) checkField(key, fields[key], fieldRule);
  checkMeaning(fields, rule, operations);
  return value as Fault;
}

function checkField(key: string, value: unknown, rule: FieldRule): void {
  if (value === undefined) {
    if ('required' in rule && rule.required) throw new InvalidFaultError(`${key} is required`);
    return;
  }
  switch (rule.type) {
    case 'number': {
      const max = rule.max ?? Number.MAX_SAFE_INTEGER;
      if (typeof value !== 'number' || !(value >= rule.min && value <= max)) {
        throw new InvalidFaultError(`${key} must be a number from ${rule.min} to ${max}`);
      }
      return;
    }
    case 'string':
      if (typeof value !== 'string') throw new InvalidFaultError(`${key} must be a string`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw new InvalidFaultError(`${key} must be true or false`);
      return;
    case 'strings':
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
        throw new InvalidFaultError(`${key} must be a list of strings`);
      }
      return;
    case 'choice':
      if (!rule.choices.some((choice) => choice === value)) {
        throw new InvalidFaultError(`${key} must be one of ${rule.choices.join(', ')}`);
      }
  }
}

function checkMeaning(
  fields: Readonly<Record<string, unknown>>,
  rule: KindRule,
  operations: ReadonlySet<string>,
): void {
  const { kind, operation } = fields;
  if (typeof operation === 'string' && operation !== '*' && !operations.has(operation)) {
    throw new InvalidFaultError(`unknown operation ${operation}; known: *, ${[...operations].join(', ')}`);
  }
  if (!rule.counted && fields['times'] !== undefined) {
    throw new InvalidFaultError(`times has no meaning for ${String(kind)}: it stands until it is cleared`);
  }
  if (kind === 'spot-reclaim' && fields['instanceId'] === undefined) {
    throw new InvalidFaultError('instanceId is required');
  }
  if (kind === 'vanish' && (fields['percent'] === undefined) === (fields['ids'] === undefined)) {
    throw new InvalidFaultError('vanish takes either percent or ids');
  }
}
