import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  type INestApplicationContext,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { RootLogger } from '../../logging/root-logger.js';
import { Draining } from '../health/health.js';
import { ShutdownSettings } from './shutdown.settings.js';

/** The parts of the running process that the shutdown needs; `process` itself fits. */
export interface ProcessHost {
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  on(event: 'uncaughtException', listener: (error: Error) => void): unknown;
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown;
  exit(code: number): void;
  getActiveResourcesInfo(): readonly string[];
}

export type ShutdownPhase =
  | 'running'
  | 'stopping timers and intake'
  | 'waiting for running jobs'
  | 'closing the HTTP server or shared resources'
  | 'done';

/**
 * How far a shutdown has come, to say what hangs. Nest runs the hooks of the module that everything imports last, so
 * each hook here means that the phase before is over.
 */
@Injectable()
export class ShutdownProgress implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  private current: ShutdownPhase = 'running';

  get phase(): ShutdownPhase {
    return this.current;
  }

  begin(): void {
    this.current = 'stopping timers and intake';
  }

  onModuleDestroy(): void {
    this.current = 'waiting for running jobs';
  }

  beforeApplicationShutdown(): void {
    this.current = 'closing the HTTP server or shared resources';
  }

  onApplicationShutdown(): void {
    this.current = 'done';
  }
}

const logger = new Logger('Shutdown');

/** A terminal sends Ctrl-C to npm and to this process, and npm passes it on: it arrives twice for one press of the keys. */
const SAME_PRESS_MS = 300;

/** By which a part of the process asks for the end of all of it, where only a new process can help. */
@Injectable()
export class ProcessEnd {
  private listener: (reason: string) => void = () => undefined;

  /** Ends the process in order, with 1. Only the first request counts. @param reason stands in the log */
  request(reason: string): void {
    this.listener(reason);
  }

  /** For whoever runs the process; an application without one is not ended. */
  onRequest(listener: (reason: string) => void): void {
    this.listener = listener;
  }
}

/**
 * Ends the process in order at SIGTERM or SIGINT: not ready any more, SHUTDOWN_DELAY for load balancers to react,
 * Nest's shutdown hooks, the last log lines, exit 0. The same at a request to `ProcessEnd`, with exit 1, so that whoever
 * runs it starts it again. Past SHUTDOWN_TIMEOUT, at an error, or at a second signal: exit 1.
 */
export function endOnSignal(app: INestApplicationContext, host: ProcessHost = process): void {
  const root = app.get(RootLogger);
  const exit = (code: number): void => {
    root.flush();
    host.exit(code);
  };
  let first: { readonly signal: NodeJS.Signals | null; readonly at: number } | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first !== null) {
      if (first.signal === signal && performance.now() - first.at < SAME_PRESS_MS) return;
      logger.warn(`${signal} again: ending at once`);
      exit(1);
      return;
    }
    first = { signal, at: performance.now() };
    void end(app, { reason: signal, code: 0 }, host, exit);
  };
  app.get(ProcessEnd).onRequest((reason) => {
    if (first !== null) return;
    first = { signal: null, at: performance.now() };
    void end(app, { reason, code: 1 }, host, exit);
  });
  host.on('SIGTERM', onSignal);
  host.on('SIGINT', onSignal);
}

async function end(
  app: INestApplicationContext,
  { reason, code }: { readonly reason: string; readonly code: 0 | 1 },
  host: ProcessHost,
  exit: (code: number) => void,
): Promise<void> {
  const { SHUTDOWN_TIMEOUT, SHUTDOWN_DELAY } = app.get(ShutdownSettings);
  const progress = app.get(ShutdownProgress);
  logger.log(`${reason}: ending`);
  const limit = setTimeout(() => {
    const open = countByName(host.getActiveResourcesInfo());
    logger.fatal(`not ended within SHUTDOWN_TIMEOUT; it hangs while ${progress.phase}`, { open });
    exit(1);
  }, SHUTDOWN_TIMEOUT);
  try {
    app.get(Draining).begin();
    await sleep(SHUTDOWN_DELAY);
    progress.begin();
    await app.close();
    logger.log('ended');
    exit(code);
  } catch (error) {
    logger.fatal('the shutdown failed', { err: error });
    exit(1);
  } finally {
    clearTimeout(limit);
  }
}

function countByName(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
