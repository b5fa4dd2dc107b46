import { type INestApplication, type INestApplicationContext, Logger } from '@nestjs/common';
import { InvalidSettingsError } from '../../config/load-settings.js';
import { Settings } from '../../config/settings.js';
import { StartError, throwListenError } from '../../kernel/start-error.js';
import { PlatformLogger } from '../../logging/logging.module.js';
import { RootLogger } from '../../logging/root-logger.js';
import { endOnSignal, type ProcessHost } from './end-on-signal.js';

const processLogger = new Logger('Process');

/**
 * Logs what nobody caught and ends the process with 1: its state is unknown from there on, and whoever runs it starts
 * a clean one. Nothing is lost by it, since intent is in the store before anything is done.
 */
export function endOnCrash(app: INestApplicationContext, host: ProcessHost = process): void {
  const root = app.get(RootLogger);
  const crash = (what: string, error: unknown): void => {
    // Found out late, as when Redis came only after the start: its message says what is to be done, and is all there is.
    if (error instanceof StartError) processLogger.fatal(error.message);
    else processLogger.fatal(what, { err: error });
    root.flush();
    host.exit(1);
  };
  host.on('uncaughtException', (error) => crash('an exception that nobody caught', error));
  host.on('unhandledRejection', (reason) => crash('a rejection that nobody handled', reason));
}

const settingsLogger = new Logger('Settings');

/**
 * Wires an application that was just made to its process: Nest's log records go to the platform's logger, signals and
 * crashes end it in order. Call it between making the application and listening.
 */
export function attachToProcess(app: INestApplicationContext): void {
  app.useLogger(app.get(PlatformLogger));
  // Made with `autoFlushLogs: false`: a start that fails says so once, without what Nest would print of its way there.
  app.flushLogs();
  for (const variable of app.get(Settings).ignoredVariables) {
    settingsLogger.warn(
      `${variable} is ignored: Kubernetes set it to the address of a Service, and it counts as unset`,
    );
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
  variable: 'PORT' | 'WORKER_PORT' | 'WATCHDOG_PORT',
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

/** The text to print for an error that stopped the start. */
export function startFailure(error: unknown): string {
  if (STATED.some((type) => error instanceof type) && error instanceof Error) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
