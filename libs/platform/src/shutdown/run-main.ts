import { type INestApplication, type INestApplicationContext, Logger } from '@nestjs/common';
import { PlatformLogger } from '../logging/platform-logger.js';
import { InvalidSettingsError } from '../settings/invalid-settings.error.js';
import { variablesOfServices } from '../settings/load-settings.js';
import { StartError, throwListenError } from '../start-error.js';
import { endOnCrash } from './crash-handlers.js';
import { endOnSignal } from './end-on-signal.js';

const logger = new Logger('Settings');

/**
 * Wires an application that was just made to its process: Nest's log records go to the platform's logger, signals and
 * crashes end it in order. Call it between making the application and listening.
 */
export function attachToProcess(app: INestApplicationContext): void {
  app.useLogger(app.get(PlatformLogger));
  // Made with `autoFlushLogs: false`: a start that fails says so once, without what Nest would print of its way there.
  app.flushLogs();
  for (const variable of variablesOfServices()) {
    logger.warn(`${variable} is ignored: Kubernetes set it to the address of a Service, and it counts as unset`);
  }
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

/**
 * Starts the application and its HTTP server.
 *
 * @param variable the setting that the port comes from
 * @returns its address
 * @throws StartError when the port or the address cannot be had
 */
export async function listen(
  app: INestApplication,
  variable: 'PORT' | 'WORKER_PORT',
  port: number,
  host: string,
): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throwListenError(error, variable, port, host);
  }
  return app.getUrl();
}

/** Errors whose message says by itself what is to be done. */
const STATED = [InvalidSettingsError, StartError] as const;

/** What to print for an error that stopped the start. */
export function startFailure(error: unknown): string {
  if (STATED.some((type) => error instanceof type) && error instanceof Error) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
