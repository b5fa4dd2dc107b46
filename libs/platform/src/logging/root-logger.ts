import { type DestinationStream, type Logger, pino } from 'pino';
import type { Settings } from '../settings/settings.js';
import { serializeError } from './error-serializer.js';
import { knownSecrets } from './known-secrets.js';
import { createLineRedactor } from './redact-line.js';
import { requestContext } from './request-context.js';

/** A place that lines are written to, buffered; `flushSync` writes out what is held back. */
export type LogDestination = DestinationStream & { flushSync?(): void };

export interface RootLoggerOptions {
  readonly settings: Settings;
  /** `api`, `worker`, …: every record says which process it came from. */
  readonly processName: string;
  /** Standard output when left out. */
  readonly destination?: LogDestination;
}

/** Just below the most that sonic-boom writes at once, which is 16 KiB. */
const BUFFER_BYTES = 15_360;
const LONGEST_DELAY_MS = 250;
/** When nobody reads the output, lines beyond this are dropped rather than kept in memory without end. */
const LONGEST_BACKLOG_BYTES = 8 * 1_048_576;

/** The one logger of a process and what belongs to it. */
export class RootLogger {
  /** For everything: what it writes is searched for secrets. */
  readonly logger: Logger;
  /** For the line of each request only, whose few members hold no secret: it costs no search. */
  readonly access: Logger;

  constructor(
    options: RootLoggerOptions,
    private readonly destination: LogDestination = options.destination ?? standardOutput(),
  ) {
    const common = {
      level: options.settings.LOG_LEVEL,
      base: { process: options.processName, pid: process.pid },
      formatters: { level: (label: string) => ({ level: label }) },
    };
    this.logger = pino(
      {
        ...common,
        serializers: { err: serializeError, error: serializeError },
        mixin: () => {
          const requestId = requestContext.getStore();
          return requestId === undefined ? {} : { requestId };
        },
        hooks: { streamWrite: createLineRedactor(knownSecrets(options.settings)) },
      },
      this.destination,
    );
    this.access = pino(common, this.destination);
  }

  /** Writes out what is buffered; for the end of the process. Never throws: there is nobody left to tell. */
  flush(): void {
    try {
      this.destination.flushSync?.();
    } catch {
      // The pipe is gone or was never opened.
    }
  }
}

function standardOutput(): LogDestination {
  return pino.destination({
    dest: 1,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: LONGEST_DELAY_MS,
    maxLength: LONGEST_BACKLOG_BYTES,
  });
}
