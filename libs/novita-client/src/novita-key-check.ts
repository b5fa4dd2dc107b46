import { untilAborted } from '@app/platform';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { causeOf, NovitaError, refusesKey } from './novita.errors.js';
import { Novita } from './novita.js';

/** A key is rarely mended without a restart, and a network that is away comes back by itself. */
const AGAIN_MS = 30_000;

/**
 * Asks Novita for something small when the process starts, and again until it is answered: so that a refused key and a
 * wrong address are said once in the log, and are known to health and page in a process that makes no other call.
 */
@Injectable()
export class NovitaKeyCheck implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Novita');
  private readonly ending = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private said: string | null = null;

  constructor(private readonly novita: Novita) {}

  /** Does not wait for the answer: a process serves what it knows while Novita is away. */
  onApplicationBootstrap(): void {
    this.running = this.check();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.ending.abort(new Error('the process ends'));
    await this.running;
  }

  private async check(): Promise<void> {
    const { signal } = this.ending;
    try {
      await untilAborted(this.novita.catalogue.clusters({ signal }), signal);
      if (this.said !== null) this.logger.log('Novita answers');
    } catch (error) {
      if (signal.aborted) return;
      this.say(error);
      this.timer = setTimeout(() => {
        this.running = this.check();
      }, AGAIN_MS);
      this.timer.unref();
    }
  }

  private say(error: unknown): void {
    const isNovitas = error instanceof NovitaError;
    const cause = isNovitas ? causeOf(error) : error instanceof Error ? error.message : String(error);
    if (cause === this.said) return;
    this.said = cause;
    if (isNovitas && refusesKey(error)) this.logger.error(`${cause}.`);
    else this.logger.warn(`Novita cannot be used at present: ${cause}`);
  }
}
