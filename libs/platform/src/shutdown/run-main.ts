import type { INestApplicationContext } from '@nestjs/common';
import { OtherFleetError } from '../fleet-id.js';
import { PlatformLogger } from '../logging/platform-logger.js';
import { RedisUnavailableError } from '../redis/redis-unavailable.error.js';
import { InvalidSettingsError } from '../settings/invalid-settings.error.js';
import { endOnCrash } from './crash-handlers.js';
import { endOnSignal } from './end-on-signal.js';

/**
 * Wires an application that was just made to its process: Nest's log records go to the platform's logger, signals and
 * crashes end it in order. Call it between making the application and listening.
 */
export function attachToProcess(app: INestApplicationContext): void {
  app.useLogger(app.get(PlatformLogger));
  // Made with `autoFlushLogs: false`: a start that fails says so once, without what Nest would print of its way there.
  app.flushLogs();
  endOnCrash(app);
  endOnSignal(app);
}

/**
 * Runs the main function of a process. When it cannot start, the reason goes to standard error and the process ends
 * with 1: one plain message where whoever runs it can mend it, else with the stack.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exit(1);
  }
}

/** Errors whose message says by itself what is to be done. */
const STATED = [InvalidSettingsError, RedisUnavailableError, OtherFleetError] as const;

/** What to print for an error that stopped the start. */
export function startFailure(error: unknown): string {
  if (STATED.some((type) => error instanceof type) && error instanceof Error) return error.message;
  if (isAddressError(error)) return `cannot listen on ${error.address}:${error.port}: ${error.code}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

interface AddressError {
  readonly code: string;
  readonly address: string;
  readonly port: number;
}

function isAddressError(error: unknown): error is Error & AddressError {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'address' in error;
}
