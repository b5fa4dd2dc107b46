import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';
import { ProcessSettings } from '../config/process.settings.js';
import type { Settings } from '../config/settings.js';
import { activeTraceId } from '../tracing/tracing.js';
import { createLineRedactor, serializeError } from './redaction.js';

/** The id of the request or job that the running code works for; log records carry it as `requestId`. */
export const requestContext = new AsyncLocalStorage<string>();

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
const PIECE_LENGTH = 15_360;
const LONGEST_DELAY_MS = 250;
/** When nobody reads the output, lines beyond this are dropped rather than kept in memory without end. */
const LONGEST_BACKLOG_BYTES = 8 * 1_048_576;

/** The one logger of a process and what belongs to it. */
export class RootLogger {
  /** For everything: what it writes is searched for secrets. */
  readonly logger: Logger;
  /** For the line of each request only. */
  readonly access: AccessLog;

  constructor(
    options: RootLoggerOptions,
    private readonly destination: LogDestination = options.destination ?? standardOutput(),
  ) {
    const base = { process: options.processName, pid: process.pid };
    this.logger = pino(
      {
        level: options.settings.get(ProcessSettings).LOG_LEVEL,
        base,
        formatters: { level: (label: string) => ({ level: label }) },
        serializers: { err: serializeError, error: serializeError },
        mixin: () => {
          const requestId = requestContext.getStore();
          const traceId = activeTraceId();
          return { ...(requestId !== undefined && { requestId }), ...(traceId !== null && { traceId }) };
        },
        hooks: { streamWrite: createLineRedactor(options.settings.secrets) },
      },
      this.destination,
    );
    this.access = new AccessLog(this.logger, base, this.destination);
  }

  /** Writes out what is held back; for the end of the process. Never throws. */
  flush(): void {
    flushQuietly(this.destination);
  }
}

/**
 * Writes the line of a request, in the form of all other lines, as one text: pino takes several times as long for it. The
 * line has few members, none of which holds a secret, so it is not searched for one.
 */
export class AccessLog {
  /** The same for every line of this process. */
  private readonly base: string;

  constructor(
    private readonly logger: Logger,
    base: Readonly<Record<string, string | number>>,
    private readonly destination: LogDestination,
  ) {
    this.base = JSON.stringify(base).slice(1, -1);
  }

  isEnabled(level: AccessLevel): boolean {
    return this.logger.isLevelEnabled(level);
  }

  /** @param members of a JSON object, without its braces */
  write(level: AccessLevel, members: string): void {
    this.destination.write(`{"level":"${level}","time":${Date.now()},${this.base},${members}}\n`);
  }
}

type AccessLevel = 'debug' | 'info' | 'error';

/**
 * Hands lines on in large pieces, or after a while. sonic-boom can hold lines back by itself, but measures all that it
 * holds anew with each line.
 */
class GatheredLines implements LogDestination {
  private held = '';

  constructor(private readonly to: Required<LogDestination>) {
    setInterval(() => this.pass(), LONGEST_DELAY_MS).unref();
  }

  write(line: string): void {
    this.held += line;
    if (this.held.length >= PIECE_LENGTH) this.pass();
  }

  flushSync(): void {
    this.pass();
    this.to.flushSync();
  }

  private pass(): void {
    if (this.held === '') return;
    const piece = this.held;
    this.held = '';
    this.to.write(piece);
  }
}

let output: GatheredLines | null = null;

/** One for the process, whatever asks for it. */
function standardOutput(): LogDestination {
  if (output !== null) return output;
  const lines = new GatheredLines(pino.destination({ dest: 1, sync: false, maxLength: LONGEST_BACKLOG_BYTES }));
  // Before the stream's own listener, which ends it.
  process.prependOnceListener('exit', () => flushQuietly(lines));
  output = lines;
  return lines;
}

function flushQuietly(destination: LogDestination): void {
  try {
    destination.flushSync?.();
  } catch {
    // The pipe is gone or was never opened, and there is nobody left to tell.
  }
}
