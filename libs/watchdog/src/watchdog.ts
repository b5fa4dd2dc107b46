import { type Novita, type NovitaInstance, type NovitaInstanceId, NovitaNotFoundError } from '@app/novita-client';
import { type Clock, delay, MINUTE_MS, msFromTimestamp, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import {
  afterAnswer,
  decideWatch,
  isNoted,
  judgeOverdue,
  longerSilence,
  NO_SILENCE,
  type Silence,
  type WatchedInstance,
  type WatchMemory,
  type WatchPolicy,
  withAct,
} from './decide-watch.js';
import type { ApiAnswer, FleetApi } from './fleet-api.js';
import type { Notices } from './notices.js';
import type { WatchFile } from './watch-file.js';
import type { WatchdogFigures, WatchdogMetrics } from './watchdog-metrics.js';

/** A stop that shows no effect is sent again after this. */
const STOP_AGAIN_MS = 5 * MINUTE_MS;
/** The API takes bodies of up to 1 MiB; an act with the longest name and ids has some 1,100 bytes. */
const ACTS_PER_REPORT = 500;

export interface WatchdogOptions extends WatchPolicy {
  readonly intervalMs: number;
  readonly dryRun: boolean;
}

/** How the watchdog stands, for its health and its metrics. */
export interface WatchdogState extends WatchdogFigures {
  readonly heardAt: Timestamp | null;
  /** Whether the patience with the API is over. */
  readonly acting: boolean;
}

/**
 * Asks the API for the deadlines, remembers them, and stops what is overdue when the API has been silent for too long. Needs
 * neither Redis nor a worker. One process; a second one would only ask twice, since each looks before it stops.
 */
export class Watchdog {
  private readonly logger = new Logger('Watchdog');
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private memory: WatchMemory = { heardAt: null, readAt: null, instances: [], acts: [] };
  private silence: Silence = NO_SILENCE;
  /** By `performance.now()`. */
  private askedAt = performance.now();
  /** When Novita accepted a stop of an instance that it still shows as running, by `performance.now()`. */
  private readonly stoppedAt = new Map<string, number>();
  private acting = false;
  private saidTooOld = false;
  private lookedAt: Timestamp | null = null;

  constructor(
    private readonly api: FleetApi,
    private readonly novita: Novita,
    private readonly file: WatchFile,
    private readonly notices: Notices,
    private readonly metrics: Pick<WatchdogMetrics, 'countStop'>,
    private readonly clock: Clock,
    private readonly options: WatchdogOptions,
  ) {}

  get state(): WatchdogState {
    const { heardAt, readAt, instances, acts } = this.memory;
    return {
      lookedAt: this.lookedAt,
      silentMs: this.silence.ms,
      heardAt,
      readAt,
      remembered: instances.length,
      unreported: acts.length,
      acting: this.acting,
    };
  }

  /** Reads what an earlier process remembered, and begins the rounds. @throws StartError when DATA_DIR cannot be used */
  async start(): Promise<void> {
    const { memory, damaged } = await this.file.read();
    if (damaged)
      this.logger.error(
        'what was remembered cannot be read and is set aside; nothing is stopped before the API was read',
      );
    this.memory = memory;
    this.askedAt = performance.now();
    this.running = this.rounds();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async rounds(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        await this.round(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.logger.error('a round failed; the next one begins anew', { err: error });
      }
      await delay(this.options.intervalMs, signal);
    }
  }

  /** One round: asks the API, and acts if it has been silent for too long. */
  async round(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const sinceLastAskMs = now - this.askedAt;
    this.askedAt = now;
    if (await this.askApi(signal)) {
      this.silence = NO_SILENCE;
      this.saidTooOld = false;
      this.stoppedAt.clear();
    } else {
      this.silence = longerSilence(this.silence, sinceLastAskMs, this.options.intervalMs);
      await this.actIfOverdue(signal);
    }
    this.lookedAt = this.clock.timestamp();
    await this.notices.flush(signal);
  }

  /** @returns whether it answered, whatever it said */
  private async askApi(signal: AbortSignal): Promise<boolean> {
    // First what was done, so that the deadlines that are read then follow from it.
    const reported = await this.report(signal);
    if (reported.kind === 'silent') {
      this.logger.warn('the API is silent', { why: reported.why });
      return false;
    }
    if (reported.kind === 'answered') this.logger.error('the API does not take the report', { why: reported.why });
    const answer = await this.api.deadlines(signal);
    if (answer.kind === 'silent') {
      this.logger.warn('the API does not give the deadlines', { why: answer.why });
      return false;
    }
    if (answer.kind === 'answered') this.logger.error('the API does not give the deadlines', { why: answer.why });
    if (this.acting) this.noteBack();
    const left = reported.kind === 'ok' ? { ...this.memory, acts: [] } : this.memory;
    const heard = afterAnswer(left, answer.kind === 'ok' ? answer.value : null, this.clock.timestamp());
    this.memory = heard;
    // What cannot be kept is known to this process all the same, and the API was heard.
    await this.file.write(heard).catch((error: unknown) => {
      this.logger.error('the deadlines cannot be written to DATA_DIR; after a restart older ones count', {
        err: error,
      });
    });
    return true;
  }

  /** In pieces that the API takes whole. At least one: it says that the watchdog is alive. */
  private async report(signal: AbortSignal): Promise<ApiAnswer<unknown>> {
    const { instances, acts } = this.memory;
    const common = { dryRun: this.options.dryRun, remembered: instances.length };
    let answer = await this.api.report({ ...common, acts: acts.slice(0, ACTS_PER_REPORT) }, signal);
    for (let from = ACTS_PER_REPORT; from < acts.length && answer.kind === 'ok'; from += ACTS_PER_REPORT) {
      answer = await this.api.report({ ...common, acts: acts.slice(from, from + ACTS_PER_REPORT) }, signal);
    }
    return answer;
  }

  private noteBack(): void {
    this.acting = false;
    const acts = this.memory.acts.length;
    this.logger.log('the API is back', { acts });
    this.notices.add({ type: 'watchdog.api_back', acts });
  }

  private async actIfOverdue(signal: AbortSignal): Promise<void> {
    const decision = decideWatch(this.memory, this.silence, this.clock.now(), this.options, this.acting);
    if (decision.kind === 'watch') return;
    if (decision.kind === 'too-old') {
      this.refuseOld(decision.silentMs);
      return;
    }
    const { overdue } = decision;
    if (!this.acting) {
      this.acting = true;
      this.logger.warn('the API has been silent for too long: what is overdue is stopped', {
        silentSeconds: Math.round(decision.silentMs / 1_000),
        overdue: overdue.length,
        dryRun: this.options.dryRun,
      });
      this.notices.add({
        type: 'watchdog.api_silent',
        silentSince: this.memory.heardAt,
        overdue: overdue.length,
      });
    }
    // One after the other: few at a time are overdue, and Novita's limit is shared with nobody here knows whom.
    for (const watched of overdue) {
      signal.throwIfAborted();
      await this.stopIfRunning(watched, signal);
    }
  }

  /** Says once in each silence that nothing is stopped. */
  private refuseOld(silentMs: number): void {
    if (this.saidTooOld) return;
    this.saidTooOld = true;
    const { readAt } = this.memory;
    this.logger.error(
      'the API has been silent for too long, but its deadlines were read too long before: nothing is stopped',
      { silentSeconds: Math.round(silentMs / 1_000), readAt },
    );
    this.notices.add({ type: 'watchdog.deadlines_too_old', readAt });
  }

  private async stopIfRunning(watched: WatchedInstance, signal: AbortSignal): Promise<void> {
    const { id, novitaInstanceId, name, stopAt } = watched;
    const { dryRun } = this.options;
    const at = this.clock.timestamp();
    const act = { id, novitaInstanceId, name, stopAt, at, dryRun };
    try {
      const instance = await this.look(novitaInstanceId, signal);
      const judged = judgeOverdue(watched, instance, this.memory.readAt ?? at);
      if (judged.verdict === 'leave') {
        this.logger.debug('an overdue instance is left alone', { instanceId: id, why: judged.why });
        return;
      }
      if (dryRun ? isNoted(this.memory, act) : this.hasJustStopped(id)) return;
      if (!dryRun) {
        // Nothing is noted before: should the process die in between, it looks again, and finds it on its way down.
        await this.novita.instances.stop(novitaInstanceId as NovitaInstanceId, { signal, priority: 'urgent' });
        this.stoppedAt.set(id, performance.now());
      }
      this.metrics.countStop(dryRun ? 'dry-run' : 'accepted');
      const noted = withAct(this.memory, act);
      if (noted === this.memory) return;
      this.memory = noted;
      this.logger.warn(dryRun ? 'would stop an overdue instance' : 'stopped an overdue instance', {
        instanceId: id,
        novitaInstanceId,
        name,
        overdueSeconds: Math.round((msFromTimestamp(at) - msFromTimestamp(stopAt)) / 1_000),
      });
      const { dryRun: _, ...said } = act;
      this.notices.add({ type: dryRun ? 'watchdog.would_stop' : 'watchdog.stopped', ...said });
      await this.file.write(this.memory);
    } catch (error) {
      signal.throwIfAborted();
      this.metrics.countStop('failed');
      // Novita away as well, or a refusal: whatever it is, the next round looks again.
      this.logger.warn('an overdue instance could not be stopped; it is tried again', { instanceId: id, err: error });
    }
  }

  /** Novita may go on to say `running` for a while after it has accepted a stop. */
  private hasJustStopped(id: string): boolean {
    const at = this.stoppedAt.get(id);
    return at !== undefined && performance.now() - at < Math.max(STOP_AGAIN_MS, 3 * this.options.intervalMs);
  }

  /** @returns null when Novita says that there is none */
  private async look(id: string, signal: AbortSignal): Promise<NovitaInstance | null> {
    try {
      return await this.novita.instances.get(id as NovitaInstanceId, { signal, priority: 'urgent' });
    } catch (error) {
      if (error instanceof NovitaNotFoundError) return null;
      throw error;
    }
  }
}
