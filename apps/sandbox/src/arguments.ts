import { parseArgs } from 'node:util';

export interface SandboxArguments {
  readonly port: number;
  readonly host: string;
  readonly instances: number;
  readonly seed: number;
  readonly speed: number;
  readonly storageCreateAnswer: 'string' | 'object';
  /** The port of a stand-in for a Kubernetes cluster; null for none. */
  readonly kubernetesPort: number | null;
  /** How many pods that cluster has at the start. */
  readonly pods: number;
}

export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

export const USAGE =
  'usage: sandbox [--port 4010] [--host 127.0.0.1] [--instances 25] [--seed 1] [--speed 1]\n' +
  '               [--storage-answer string|object] [--kubernetes-port 4011 [--pods 50]]\n' +
  '  --instances  how many to make at the start, up to 1000000\n' +
  '  --speed      how many times faster than real time states change; 0 freezes them\n' +
  '  --storage-answer  what creating a network storage answers: its bare id, as the documents say, or the storage,\n' +
  '                    as the Python SDK reads it\n' +
  '  --kubernetes-port  the port of a stand-in for a Kubernetes cluster, which is not started without it\n' +
  '  --pods             how many pods it has at the start, up to 100000';

const MOST_INSTANCES = 1_000_000;
const MOST_PODS = 100_000;
const HIGHEST_PORT = 65_535;

/** @throws ArgumentError naming the argument */
export function readArguments(argv: readonly string[]): SandboxArguments {
  const text = { type: 'string' } as const;
  let values: Record<string, string | undefined>;
  try {
    const options = {
      port: text,
      host: text,
      instances: text,
      seed: text,
      speed: text,
      'storage-answer': text,
      'kubernetes-port': text,
      pods: text,
    };
    values = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
  const kubernetesPort = values['kubernetes-port'];
  if (kubernetesPort === undefined && values['pods'] !== undefined) {
    throw new ArgumentError('--pods needs --kubernetes-port: without it there is no cluster');
  }
  return {
    port: wholeNumber('port', values['port'], 4010, HIGHEST_PORT),
    host: values['host'] ?? '127.0.0.1',
    instances: wholeNumber('instances', values['instances'], 25, MOST_INSTANCES),
    seed: wholeNumber('seed', values['seed'], 1, Number.MAX_SAFE_INTEGER),
    speed: decimal('speed', values['speed'], 1),
    storageCreateAnswer: storageAnswer(values['storage-answer']),
    kubernetesPort:
      kubernetesPort === undefined ? null : wholeNumber('kubernetes-port', kubernetesPort, 0, HIGHEST_PORT),
    pods: wholeNumber('pods', values['pods'], 50, MOST_PODS),
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
