import type { SandboxTiming } from './timing.js';

/** Which page number the provider's lists call the first is not known, so it is a switch. */
export type FirstPage =
  /** 0 and 1 are both the first page, 2 the second. */
  | 'both'
  /** 0 is the first page. */
  | 'zero'
  /** 1 is the first page; 0 is an empty one. */
  | 'one';

export interface SandboxOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Instances made at the start; default 0. */
  readonly instances?: number;
  /** The same seed makes the same ids, names and states; default 1. */
  readonly seed?: number;
  /** When set, any other key gets 401; by default every bearer key that is not empty is accepted. */
  readonly apiKey?: string;
  /** What is left out is taken from `FAST`. */
  readonly timing?: Partial<SandboxTiming>;
  /** How many times faster than real time the sandbox's clock goes; 0 freezes it. Default 1. */
  readonly speed?: number;
  /** Default `both`. */
  readonly firstPage?: FirstPage;
  /** The documents say a bare id, one client needs an object. Default `string`. */
  readonly storageCreateAnswer?: 'string' | 'object';
  /** Where a migration ends: the provider's documents do not tell. Default `running`. */
  readonly migrationEndsIn?: 'running' | 'exited';
}
