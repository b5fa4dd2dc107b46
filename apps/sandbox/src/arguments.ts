import { parseArgs } from 'node:util';

export interface SandboxArguments {
  readonly port: number;
  readonly host: string;
  readonly instances: number;
  readonly seed: number;
  readonly speed: number;
  readonly storageCreateAnswer: 'string' | 'object';
}

export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

export const USAGE =
  'usage: sandbox [--port 4010] [--host 127.0.0.1] [--instances 25] [--seed 1] [--speed 1]\n' +
  '               [--storage-answer string|object]\n' +
  '  --instances  how many to make at the start, up to 1000000\n' +
  '  --speed      how many times faster than real time states change; 0 freezes them\n' +
  '  --storage-answer  what creating a network storage answers: its bare id, as the documents say, or the storage,\n' +
  '                    as the Python SDK reads it';

const MOST_INSTANCES = 1_000_000;
const HIGHEST_PORT = 65_535;

/** @throws ArgumentError naming the argument */
export function readArguments(argv: readonly string[]): SandboxArguments {
  const text = { type: 'string' } as const;
  let values: Record<string, string | undefined>;
  try {
    const options = { port: text, host: text, instances: text, seed: text, speed: text, 'storage-answer': text };
    values = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
  return {
    port: wholeNumber('port', values['port'], 4010, HIGHEST_PORT),
    host: values['host'] ?? '127.0.0.1',
    instances: wholeNumber('instances', values['instances'], 25, MOST_INSTANCES),
    seed: wholeNumber('seed', values['seed'], 1, Number.MAX_SAFE_INTEGER),
    speed: decimal('speed', values['speed'], 1),
    storageCreateAnswer: storageAnswer(values['storage-answer']),
  };
}

function storageAnswer(text = 'string'): 'string' | 'object' {
  if (text === 'string' || text === 'object') return text;
  throw new ArgumentError(`--storage-answer must be string or object, not "${text}"`);
}

function wholeNumber(name: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new ArgumentError(`--${name} must be a whole number from 0 to ${max}, not "${text}"`);
  return value;
}

function decimal(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new ArgumentError(`--${name} must be a number from 0 up, not "${text}"`);
  return value;
}
