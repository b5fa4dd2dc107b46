import { invalidParameter } from './refusal.js';

export type Json = Readonly<Record<string, unknown>>;

interface TextLimits {
  readonly min?: number;
  readonly max?: number;
}

interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
}

/** Readers for body fields. Unknown keys are ignored: real clients send some. All throw a `Refusal`. */

export function optionalText(body: Json, key: string, limits: TextLimits = {}): string | null {
  const value = body[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw invalidParameter(`${key} must be a string`);
  const { min = 0, max = Number.POSITIVE_INFINITY } = limits;
  if (value.length < min) throw invalidParameter(`${key} length must be at least ${min}`);
  if (value.length > max) throw invalidParameter(`${key} length must be at most ${max}`);
  return value;
}

export function requiredText(body: Json, key: string, limits: TextLimits = {}): string {
  const value = optionalText(body, key, { min: 1, ...limits });
  if (value === null) throw invalidParameter(`${key} is required`);
  return value;
}

export function optionalInteger(body: Json, key: string, limits: NumberLimits = {}): number | null {
  const value = body[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidParameter(`${key} must be an integer`);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  if (value < min || value > max) throw invalidParameter(`${key} must be between ${min} and ${max}`);
  return value;
}

export function requiredInteger(body: Json, key: string, limits: NumberLimits = {}): number {
  const value = optionalInteger(body, key, limits);
  if (value === null) throw invalidParameter(`${key} is required`);
  return value;
}

export function optionalFlag(body: Json, key: string): boolean | null {
  const value = body[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'boolean') throw invalidParameter(`${key} must be a boolean`);
  return value;
}

function optionalObject(body: Json, key: string): Json | null {
  const value = body[key];
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) throw invalidParameter(`${key} must be an object`);
  return value;
}

export function requiredObject(body: Json, key: string): Json {
  const value = optionalObject(body, key);
  if (value === null) throw invalidParameter(`${key} is required`);
  return value;
}

/** @returns an empty list when the key is not there */
export function objects(body: Json, key: string, max: number): readonly Json[] {
  const value = list(body, key, max);
  return value.map((item, index) => {
    if (!isJsonObject(item)) throw invalidParameter(`${key}[${index}] must be an object`);
    return item;
  });
}

/** @returns an empty list when the key is not there */
export function texts(body: Json, key: string, max: number): readonly string[] {
  const value = list(body, key, max);
  return value.map((item, index) => {
    if (typeof item !== 'string') throw invalidParameter(`${key}[${index}] must be a string`);
    return item;
  });
}

export function oneOf<Choice extends string>(body: Json, key: string, choices: readonly Choice[]): Choice | null {
  const value = optionalText(body, key);
  if (value === null || value === '') return null;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw invalidParameter(`${key} must be one of ${choices.join(', ')}`);
  return choice;
}

export function isJsonObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(body: Json, key: string, max: number): readonly unknown[] {
  const value = body[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidParameter(`${key} must be an array`);
  if (value.length > max) throw invalidParameter(`${key} must have at most ${max} items`);
  return value;
}
