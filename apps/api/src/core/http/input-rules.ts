import { type FieldError, instantViolation } from '@app/platform';
import { ValidateBy, type ValidationArguments } from 'class-validator';

/** Says what is wrong with the value of one member, in one sentence without a subject; null for nothing. */
export type InputRule = (value: unknown) => string | null;

/**
 * Checks a member by one rule, so that its answer names one thing: its type first, then its form, then its bounds.
 * Several decorators on one member would each add their own, also where they mean nothing for the type that was sent.
 */
export function Follows(rule: InputRule): PropertyDecorator {
  return ValidateBy({
    name: 'follows',
    validator: {
      validate: (value: unknown): boolean => rule(value) === null,
      defaultMessage: (given?: ValidationArguments): string => rule(given?.value) ?? '',
    },
  });
}

export interface TextLimits {
  /** The noun for it, such as `an image name`. */
  readonly what?: string;
  readonly min?: number;
  readonly max: number;
  readonly form?: { readonly pattern: RegExp; readonly says: string };
}

/** Text of a bounded length, counted as JavaScript does. */
export function IsText(limits: TextLimits): PropertyDecorator {
  return Follows(textRule(limits));
}

function textRule({ what = 'text', min = 0, max, form }: TextLimits): InputRule {
  return (value) => {
    if (typeof value !== 'string') return notOfType(value, what);
    if (value.length < min || value.length > max)
      return `must be ${min === 0 ? 'at most' : `${min} to`} ${max} characters`;
    return form === undefined || form.pattern.test(value) ? null : form.says;
  };
}

/** A query parameter with text, which is rejected when it is given twice. */
export function IsQueryText(limits: TextLimits): PropertyDecorator {
  const rule = textRule(limits);
  return Follows((value) => (Array.isArray(value) ? 'must be given once' : rule(value)));
}

export function IsWhole(min: number, max: number, unit = ''): PropertyDecorator {
  const range = `must be a whole number${unit} from ${min} to ${max}`;
  return Follows((value) => {
    if (Array.isArray(value)) return `${range}, given once`;
    if (typeof value !== 'number') return `${range}${notThat(value)}`;
    return Number.isInteger(value) && value >= min && value <= max ? null : range;
  });
}

export function IsFlag(hint = ''): PropertyDecorator {
  return Follows((value) => (typeof value === 'boolean' ? null : `must be true or false${notThat(value)}${hint}`));
}

export function IsChoice(choices: readonly string[]): PropertyDecorator {
  const says = `must be one of ${choices.join(', ')}`;
  return Follows((value) => {
    if (typeof value !== 'string') return `${says}${notThat(value)}`;
    return choices.includes(value) ? null : says;
  });
}

export function IsQueryChoice(choices: readonly string[]): PropertyDecorator {
  return Follows((value) => choiceViolation(choices, value));
}

/** What is wrong with a query parameter that is one of some words; null when nothing is. */
export function choiceViolation(choices: readonly string[], value: unknown): string | null {
  if (Array.isArray(value)) return 'must be given once';
  return typeof value === 'string' && choices.includes(value) ? null : `must be one of ${choices.join(', ')}`;
}

/** A moment with `Z` or an offset: without one it would be read in the zone of the server. */
export function IsInstant(): PropertyDecorator {
  return Follows((value) => (typeof value === 'string' ? instantViolation(value) : notOfType(value, 'a time as text')));
}

interface ListLimits {
  /** The plural of the list's entries, such as `ports`. */
  readonly of: string;
  readonly example: string;
  readonly min?: number;
  readonly max: number;
}

/** A list; `entryViolations` says what is wrong with the type of its entries, each by its own pointer. */
export function IsListOf({ of, example, min = 0, max }: ListLimits): PropertyDecorator {
  return Follows((value) => {
    if (!Array.isArray(value)) return notOfType(value, `a list such as ${example}`);
    if (value.length < min) return 'must name at least one; leave it out for all';
    return value.length > max ? `must be at most ${max} ${of}` : null;
  });
}

/** Violations of entries that are not of the type that is wanted, null included. */
export function entryViolations(
  list: readonly unknown[],
  at: string,
  type: 'text' | 'object',
  example: string,
): FieldError[] {
  return list.flatMap((entry, index) => {
    if (type === 'text' ? typeof entry === 'string' : isObject(entry)) return [];
    return [
      {
        pointer: `${at}/${index}`,
        detail: notOfType(entry, `${type === 'text' ? 'text' : 'an object'} such as ${example}`),
      },
    ];
  });
}

/** An object whose members have rules of their own. */
export function IsObjectLike(example: string, hint = ''): PropertyDecorator {
  return Follows((value) => (isObject(value) ? null : `${notOfType(value, `an object such as ${example}`)}${hint}`));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The violation of a value that is not of the wanted type. */
export function notOfType(value: unknown, wanted: string): string {
  return value === undefined ? `is missing; it must be ${wanted}` : `must be ${wanted}${notThat(value)}`;
}

function notThat(value: unknown): string {
  return value === undefined ? '' : `, not ${typeName(value)}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'a number';
  return typeof value === 'boolean' ? String(value) : 'an object';
}
