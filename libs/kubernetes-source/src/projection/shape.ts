import { isObject } from '@app/platform';

/** Texts beyond so many characters are cut; names and images are shorter, messages need not be. */
const TEXT_LIMIT = 1_024;
const LIST_LIMIT = 256;
const MAP_LIMIT = 256;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

/** Whether anything that should be shown was too long, and was cut. */
export interface Cut {
  happened: boolean;
}

/** What is kept of a value that came from outside; undefined for what is not of this shape, which is then left out. */
export type Shape = (value: unknown, cut: Cut) => Json | undefined;

export const text: Shape = (value, cut) => {
  if (typeof value !== 'string') return undefined;
  if (value.length <= TEXT_LIMIT) return value;
  cut.happened = true;
  // A pair of surrogates is not cut in two: JSON could not carry its half.
  return value.slice(0, TEXT_LIMIT).toWellFormed();
};

export const number: Shape = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export const flag: Shape = (value) => (typeof value === 'boolean' ? value : undefined);

/** A quantity such as `500m`, or a port by its number or name. */
export const textOrNumber: Shape = (value, cut) => number(value, cut) ?? text(value, cut);

/** An object with these members, without those that are absent or malformed; undefined when none is left. */
export function members(shapes: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(shapes);
  return (value, cut) => {
    if (!isObject(value)) return undefined;
    const kept: Record<string, Json> = {};
    let isEmpty = true;
    for (const [name, shape] of entries) {
      const given = value[name];
      const member = given === undefined ? undefined : shape(given, cut);
      if (member === undefined) continue;
      kept[name] = member;
      isEmpty = false;
    }
    return isEmpty ? undefined : kept;
  };
}

/** Elements that are of no use are left out. */
export function list(shape: Shape, limit = LIST_LIMIT): Shape {
  return (value, cut) => {
    if (!Array.isArray(value)) return undefined;
    const kept: Json[] = [];
    for (const element of value as readonly unknown[]) {
      if (kept.length === limit) {
        cut.happened = true;
        break;
      }
      const one = shape(element, cut);
      if (one !== undefined) kept.push(one);
    }
    return kept;
  };
}

/** An object whose names are the cluster's: labels, capacities. */
export function map(
  shape: Shape,
  limit = MAP_LIMIT,
  skips: (name: string, value: unknown) => boolean = () => false,
): Shape {
  return (value, cut) => {
    if (!isObject(value)) return undefined;
    const kept: [string, Json][] = [];
    for (const name of Object.keys(value)) {
      if (skips(name, value[name])) continue;
      if (kept.length === limit) {
        cut.happened = true;
        break;
      }
      const one = shape(value[name], cut);
      const key = text(name, cut);
      if (one !== undefined && typeof key === 'string') kept.push([key, one]);
    }
    // No assignment: a name may be `__proto__`.
    return Object.fromEntries(kept);
  };
}

/** The names of an object's members, never their values. */
export function namesOf(limit: number): Shape {
  const names = list(text, limit);
  return (value, cut) => (isObject(value) ? names(Object.keys(value), cut) : undefined);
}
