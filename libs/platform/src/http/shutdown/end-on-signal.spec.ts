import { EventEmitter } from 'node:events';
import { type INestApplicationContext, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nestLog as log } from '../../../test/support/nest-log.js';
import { platformSettings } from '../../../test/support/platform-settings.js';
import { InvalidSettingsError } from '../../config/load-settings.js';
import { StartError } from '../../kernel/start-error.js';
import { PlatformLogger } from '../../logging/logging.module.js';
import { PlatformModule } from '../../platform.module.js';
import { Draining } from '../health/health.js';
import { endOnSignal, ProcessEnd, type ProcessHost } from './end-on-signal.js';
import { endOnCrash, startFailure } from './run-main.js';

class FakeHost extends EventEmitter implements ProcessHost {
  readonly exit = vi.fn<(code: number) => void>();

  getActiveResourcesInfo(): readonly string[] {
    return ['TCPSocketWrap', 'Timeout', 'TCPSocketWrap'];
  }
}

const steps: string[] = [];
let closing: () => Promise<void> = () => Promise.resolve();

@Injectable()
class Worker implements OnModuleDestroy {
  constructor(private readonly draining: Draining) {}

  async onModuleDestroy(): Promise<void> {
    steps.push(`closed while draining: ${this.draining.isDraining}`);
    await closing();
  }
}

@Module({
  imports: [
    PlatformModule.forRoot({
      processName: 'test',
      settings: platformSettings({
        NODE_ENV: 'test',
        LOG_LEVEL: 'debug',
        SHUTDOWN_DELAY: '100ms',
        SHUTDOWN_TIMEOUT: '1s',
      }),
      logDestination: log,
    }),
  ],
  providers: [Worker],
})
class TestModule {}

describe('endOnSignal', () => {
  let app: INestApplicationContext;
  let host: FakeHost;

  beforeEach(async () => {
    log.clear();
    steps.length = 0;
    closing = () => Promise.resolve();
    app = await NestFactory.createApplicationContext(TestModule, { logger: false });
    app.useLogger(app.get(PlatformLogger));
    host = new FakeHost();
    endOnSignal(app, host);
  });
  afterEach(async () => {
    closing = () => Promise.resolve();
    await app.close();
  });

  const exited = (): Promise<unknown> =>
    vi.waitFor(() => expect(host.exit).toHaveBeenCalled(), { timeout: 9_000, interval: 20 });

  it.each(['SIGTERM', 'SIGINT'])('drains, waits, closes and exits with 0 at %s', async (signal) => {
    const started = performance.now();
    host.emit(signal, signal);
    // Once more from npm, which passes on what the terminal sent to all.
    host.emit(signal, signal);
    expect(app.get(Draining).isDraining).toBe(true);
    expect(steps).toEqual([]);
    await exited();
    expect(performance.now() - started).toBeGreaterThanOrEqual(95);
    expect(steps).toEqual(['closed while draining: true']);
    expect(host.exit.mock.calls).toEqual([[0]]);
  });

  it('drains, closes and exits with 1 at a request from within, once', async () => {
    app.get(ProcessEnd).request('a queue is stuck');
    app.get(ProcessEnd).request('another one, too');
    expect(app.get(Draining).isDraining).toBe(true);
    await exited();
    expect(steps).toEqual(['closed while draining: true']);
    expect(host.exit.mock.calls).toEqual([[1]]);
    expect(log.records()).toContainEqual(expect.objectContaining({ msg: 'a queue is stuck: ending' }));
  });

  it('exits with 1 past the limit and says what hangs', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    closing = () => promise;
    host.emit('SIGTERM', 'SIGTERM');
    await exited();
    expect(host.exit.mock.calls).toEqual([[1]]);
    expect(log.records()).toContainEqual(
      expect.objectContaining({
        level: 'fatal',
        msg: 'not ended within SHUTDOWN_TIMEOUT; it hangs while stopping timers and intake',
        open: { TCPSocketWrap: 2, Timeout: 1 },
      }),
    );
    resolve();
  }, 10_000);

  it('exits with 1 at a second signal', async () => {
    host.emit('SIGTERM', 'SIGTERM');
    host.emit('SIGINT', 'SIGINT');
    expect(host.exit.mock.calls).toEqual([[1]]);
    await vi.waitFor(() => expect(host.exit.mock.calls).toEqual([[1], [0]]));
  });

  it('logs a crash and exits with 1', () => {
    endOnCrash(app, host);
    host.emit('uncaughtException', new Error('boom'));
    host.emit('unhandledRejection', 'why');
    expect(host.exit.mock.calls).toEqual([[1], [1]]);
    expect(log.records()).toMatchObject([
      { level: 'fatal', msg: 'an exception that nobody caught', err: { message: 'boom' } },
      { level: 'fatal', msg: 'a rejection that nobody handled', err: { message: 'why' } },
    ]);
  });
});

describe('startFailure', () => {
  it('is one message for what the person who starts it can mend', () => {
    const error = new InvalidSettingsError([{ variable: 'PORT', problem: 'wrong', accepted: 'a number' }]);
    expect(startFailure(error)).toBe('The settings are not valid:\n  PORT: wrong. Accepted: a number.');
    expect(startFailure(new StartError('set this to that'))).toBe('set this to that');
  });

  it('has the stack of everything else', () => {
    expect(startFailure(new TypeError('odd'))).toContain('end-on-signal.spec');
    expect(startFailure('odd')).toBe('odd');
  });
});
