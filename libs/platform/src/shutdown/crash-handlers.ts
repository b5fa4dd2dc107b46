import { type INestApplicationContext, Logger } from '@nestjs/common';
import { RootLogger } from '../logging/root-logger.js';
import { StartError } from '../start-error.js';
import type { ProcessHost } from './process-host.js';

const logger = new Logger('Process');

/**
 * Logs what nobody caught and ends the process with 1: its state is unknown from there on, and whoever runs it starts
 * a clean one. Nothing is lost by it, since intent is in the store before anything is done.
 */
export function endOnCrash(app: INestApplicationContext, host: ProcessHost = process): void {
  const root = app.get(RootLogger);
  const crash = (what: string, error: unknown): void => {
    // Found out late, as when Redis came only after the start: its message says what is to be done, and is all there is.
    if (error instanceof StartError) logger.fatal(error.message);
    else logger.fatal(what, { err: error });
    root.flush();
    host.exit(1);
  };
  host.on('uncaughtException', (error) => crash('an exception that nobody caught', error));
  host.on('unhandledRejection', (reason) => crash('a rejection that nobody handled', reason));
}
