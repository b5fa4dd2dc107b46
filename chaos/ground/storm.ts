import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '@app/sandbox';
import type { HazardStep } from '../plan/plan.js';
import type { Ground } from './ground.js';

/** A listing may lie no longer than that, whatever it shows: a create that is open must be found. */
const LIE_MS = 3_000;

/** Lets what goes wrong happen to processes, to Redis and at Novita. */
export class Storm {
  /** How often each kind happened. */
  readonly done = new Map<HazardStep['kind'], number>();
  /** Instances that a person has touched at Novita's console. */
  readonly touchedByHand = new Set<string>();
  /** When Redis itself was last disturbed; epoch milliseconds. */
  redisDisturbedAtMs = 0;
  private readonly open = new Set<Promise<void>>();

  constructor(private readonly ground: Ground) {}

  /** Begins it. What cannot happen now, as to a process that is down, does not. */
  begin(step: HazardStep): void {
    const running = this.carryOut(step).then((hasHappened) => {
      if (hasHappened) this.done.set(step.kind, (this.done.get(step.kind) ?? 0) + 1);
    });
    this.open.add(running);
    void running.finally(() => this.open.delete(running)).catch(() => undefined);
  }

  /** Waits until all that was begun is over, and ends every fault. @throws what went wrong with the ground itself */
  async end(): Promise<void> {
    await Promise.all(this.open);
    await this.ground.novita.clearFaults();
  }

  private async carryOut(step: HazardStep): Promise<boolean> {
    const { ground } = this;
    switch (step.kind) {
      case 'kill':
        return (await ground.slot(step.process)?.kill(step.downMs)) === true;
      case 'terminate':
        return (await ground.slot(step.process)?.terminate(step.downMs)) === true;
      case 'pause':
        return (await ground.slot(step.process)?.pause(step.forMs)) === true;
      case 'cut-off':
        return (await ground.slot(step.process)?.cutOff('cut', step.forMs)) === true;
      case 'silence':
        return (await ground.slot(step.process)?.cutOff('silent', step.forMs)) === true;
      case 'redis-kill':
        return this.toRedis(() => ground.redis.kill(step.downMs));
      case 'redis-pause':
        return this.toRedis(() => ground.redis.pause(step.forMs));
      case 'redis-failover':
        return this.toRedis(() => this.failOver(step.lateMs));
      case 'novita-pause':
        ground.novita.signal('SIGSTOP');
        await pause(step.forMs);
        ground.novita.signal('SIGCONT');
        return true;
      case 'novita-errors':
        return this.fault({ ...step.effect, times: step.times, operation: '*' }, LIE_MS);
      case 'lists-lie':
        return this.fault({ ...step.effect, times: step.times, operation: 'listInstances' }, LIE_MS);
      case 'no-stock':
        return this.fault({ kind: 'out-of-stock' }, step.forMs);
      case 'no-money':
        return this.fault({ kind: 'out-of-balance' }, step.forMs);
      case 'fail-start':
        return this.fault({ kind: 'fail-start', message: 'failed to pull image', times: 1 }, step.forMs);
      case 'stuck':
        return this.fault({ kind: 'stuck', status: step.status }, step.forMs);
      case 'console-stop':
      case 'console-start':
      case 'reclaim':
        return this.byHand(step.kind, step.target);
    }
  }

  private async toRedis(work: () => Promise<boolean | void>): Promise<boolean> {
    this.redisDisturbedAtMs = Date.now();
    const hasHappened = await work();
    this.redisDisturbedAtMs = Date.now();
    return hasHappened !== false;
  }

  private async failOver(lateMs: number): Promise<boolean> {
    if (!(await this.ground.redis.failOver())) return false;
    const { slots, observer, redis } = this.ground;
    for (const { gate } of slots) gate.leadTo(redis.primaryPort);
    observer.leadTo(redis.primaryPort);
    observer.closeAll();
    await pause(lateMs);
    for (const { gate } of slots) gate.closeAll();
    return true;
  }

  private async fault(fault: Fault, forMs: number): Promise<boolean> {
    const id = await this.ground.novita.addFault(fault);
    if (id === null) return false;
    await pause(forMs);
    await this.ground.novita.clearFault(id);
    return true;
  }

  private async byHand(kind: 'console-stop' | 'console-start' | 'reclaim', target: number): Promise<boolean> {
    const { novita } = this.ground;
    const all = await novita.instances().catch(() => []);
    const fitting = all.filter(({ status, billingMode, spotStatus }) => {
      if (kind === 'console-start') return status === 'exited';
      if (kind === 'reclaim') return status === 'running' && billingMode === 'spot' && spotStatus === 'running';
      return status === 'running';
    });
    const one = fitting[target % Math.max(1, fitting.length)];
    if (one === undefined) return false;
    this.touchedByHand.add(one.id);
    if (kind === 'reclaim') return (await novita.addFault({ kind: 'spot-reclaim', instanceId: one.id })) !== null;
    return novita.byHand(one.id, kind);
  }
}
