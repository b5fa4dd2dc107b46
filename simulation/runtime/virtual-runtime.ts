import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { Random } from './random.js';
import type { ScheduledEvent, Scheduler } from './scheduler.js';

/*
 * What Node itself gives to a program (clock, timers, random numbers) comes from the scheduler and the seed here, for the
 * whole thread. So the code of the product runs as it is shipped, and nothing in it can read the time or draw a number past
 * the seams that are injected.
 */

interface Present {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly startedAtMs: number;
}

let present: Present | null = null;

function inRun(): Present {
  if (present === null) throw new Error('a timer, the clock or a random number was used outside of a run');
  return present;
}

/** As much of Node's own as is used. */
class VirtualTimer {
  private event: ScheduledEvent | null = null;

  constructor(
    private readonly ms: number,
    private readonly isRepeated: boolean,
    private readonly action: () => void,
  ) {
    this.arm();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.close();
    this.arm();
    return this;
  }

  close(): this {
    this.event?.cancel();
    this.event = null;
    return this;
  }

  private arm(): void {
    const { scheduler } = inRun();
    this.event = scheduler.after(this.ms, scheduler.owner, 'timer', () => {
      this.event = null;
      if (this.isRepeated) this.arm();
      this.action();
    });
  }
}

type Action = (...args: unknown[]) => void;

function timer(isRepeated: boolean): (action: Action, ms?: number, ...args: unknown[]) => VirtualTimer {
  // Node takes a delay of less than 1 ms for 1 ms.
  return (action, ms = 1, ...args) => new VirtualTimer(ms >= 1 ? ms : 1, isRepeated, () => action(...args));
}

function clear(handle: unknown): void {
  if (handle instanceof VirtualTimer) handle.close();
}

function immediate(action: Action, ...args: unknown[]): VirtualTimer {
  return new VirtualTimer(0, false, () => action(...args));
}

async function pause(ms = 1, value?: unknown): Promise<unknown> {
  return new Promise((resolve) => timer(false)(() => resolve(value), ms));
}

function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  timer(false)(
    () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    ms,
  );
  return controller.signal;
}

function fill<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  const { random } = inRun();
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.between(0, 256);
  return bytes;
}

function uuid(): string {
  const hex = Buffer.from(fill(new Uint8Array(16))).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function replace(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
  }
}

/** Makes this thread virtual, once and for good. What the thread needs of the real things it has to take before. */
export function makeRuntimeVirtual(): void {
  const setTimer = timer(false);
  replace(globalThis, {
    setTimeout: setTimer,
    clearTimeout: clear,
    setInterval: timer(true),
    clearInterval: clear,
    setImmediate: immediate,
    clearImmediate: clear,
  });
  replace(Date, { now: () => inRun().scheduler.now() });
  replace(Math, { random: () => inRun().random.fraction() });
  replace(performance, { now: () => inRun().scheduler.now() - inRun().startedAtMs });
  replace(AbortSignal, { timeout: abortAfter });
  replace(timersPromises, { setTimeout: pause, setImmediate: (value?: unknown) => pause(0, value) });
  replace(crypto, { randomUUID: uuid, randomFillSync: fill, randomBytes: (size: number) => fill(Buffer.alloc(size)) });
  syncBuiltinESMExports();
}

/** Time and chance are those of this run from now on. */
export function beginRun(scheduler: Scheduler, random: Random): void {
  present = { scheduler, random, startedAtMs: scheduler.now() - 1_000_000 };
}
