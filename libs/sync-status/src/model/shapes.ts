/**
 * Reads stored JSON by its shape: whole or not at all. Other versions of this project may have written it, and the code
 * that shows it relies on its members.
 */
import { parseTimestamp } from '@app/platform';

/** Whether a value that was read from outside has a shape. Further members may stand beside. */
export type Shape = (value: unknown) => boolean;

export const isText: Shape = (value) => typeof value === 'string';
export const isFlag: Shape = (value) => typeof value === 'boolean';
/** A number of things or of milliseconds. */
export const isCount: Shape = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** In the form in which this project writes instants, so that their order as strings is their order in time. */
export const isTimestamp: Shape = (value) => typeof value === 'string' && parseTimestamp(value) === value;

export function oneOf(...values: readonly string[]): Shape {
  return (value) => typeof value === 'string' && values.includes(value);
}

export function orNull(shape: Shape): Shape {
  return (value) => value === null || shape(value);
}

export function orAbsent(shape: Shape): Shape {
  return (value) => value === undefined || shape(value);
}

export function listOf(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(shape);
}

export function objectOf(members: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(members);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const object = value as Readonly<Record<string, unknown>>;
    return entries.every(([name, shape]) => shape(object[name]));
  };
}

/** @returns null when it is no JSON or of another shape */
export function readShaped(json: string, shape: Shape): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  return shape(value) ? value : null;
}
