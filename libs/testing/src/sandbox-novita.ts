import { type Exchange, type HttpAnswer, type Novita, type NovitaInstanceId, novitaOver } from '@app/novita-client';
import type { Clock } from '@app/platform';
import {
  type FaultControls,
  type FaultEffect,
  type InProcessSandbox,
  type SandboxInstance,
  type SandboxOptions,
  type SandboxStatus,
  type SandboxTiming,
  sandboxInProcess,
  type WorldView,
} from '@app/sandbox';

/** One call, when it was sent, and what its caller learned: of a `lost` one not whether it took effect. */
export interface SandboxNovitaCall {
  /** OperationId, such as `createInstance`. */
  readonly operation: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: 'answered' | 'refused' | 'lost';
}

/** About as long as at Novita; what is removed is gone at once. */
const TIMING: SandboxTiming = {
  toCreateMs: 2_000,
  creatingMs: 5_000,
  pullingMs: 40_000,
  toStartMs: 2_000,
  startingMs: 10_000,
  toStopMs: 2_000,
  stoppingMs: 8_000,
  toRestartMs: 2_000,
  restartingMs: 10_000,
  toRemoveMs: 2_000,
  removingMs: 5_000,
  migratingMs: 60_000,
  toResetMs: 2_000,
  resettingMs: 10_000,
  portOpenMs: 0,
  removedVisibleMs: 0,
  spotNoticeMs: 60_000,
  spotReclaimingMs: 10_000,
  saveImageMs: 60_000,
  prewarmMs: 60_000,
};
/** A create that is on its way for longer is given up by its caller before it arrives. */
const CREATE_TIMEOUT_MS = 30_000;
/** States in which an instance neither bills for its GPU nor will by itself. */
const ENDED: ReadonlySet<string> = new Set(['toStop', 'stopping', 'exited', 'toRemove', 'removing', 'removed']);

/** The real client over the sandbox in this process: Novita in a unit test, on the test's clock. */
export class SandboxNovita {
  readonly client: Novita;
  /** What goes wrong with the next call of that operation; asked once for each call. */
  faultOf: (operation: string) => FaultEffect | null = () => null;
  readonly log: SandboxNovitaCall[] = [];
  private readonly sandbox: InProcessSandbox;
  private readonly made = new Map<string, NovitaInstanceId>();

  constructor(
    private readonly clock: Clock,
    options: Pick<SandboxOptions, 'migrationEndsIn'> = {},
  ) {
    this.sandbox = sandboxInProcess({ ...options, timing: TIMING }, () => clock.now());
    const exchange: Exchange = { send: (method, path, body, signal) => this.send(method, path, body, signal) };
    this.client = novitaOver(exchange, clock, 100);
  }

  get faults(): FaultControls {
    return this.sandbox.faults;
  }

  get world(): WorldView {
    return this.sandbox.world;
  }

  /** All that were ever made, the oldest first; those that are gone as `removed`. */
  get all(): readonly { readonly id: NovitaInstanceId; readonly status: SandboxStatus }[] {
    return [...this.made.values()].map((id) => ({ id, status: this.statusOf(id) }));
  }

  /** Those that bill for their GPU or are about to. */
  get live(): readonly SandboxInstance[] {
    return this.world.instances().filter(({ status }) => !ENDED.has(status));
  }

  statusOf(id: NovitaInstanceId): SandboxStatus {
    return this.world.instance(id)?.status ?? 'removed';
  }

  /** How many calls of that operation were sent. */
  sent(operation: string): number {
    return this.log.filter((call) => call.operation === operation).length;
  }

  /** Puts an instance there by hand. */
  add(name: string, status: SandboxStatus): NovitaInstanceId {
    return this.remember(this.world.place(name, status));
  }

  private async send(method: string, target: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer> {
    const { pathname: path, searchParams: query } = new URL(target, 'http://sandbox.invalid');
    const operation = this.sandbox.operationOf(method, path) ?? 'unknown';
    const at = this.clock.now();
    const entry = { operation, at, outcome: 'lost' as SandboxNovitaCall['outcome'] };
    this.log.push(entry);
    const fault = this.faultOf(operation);
    // The call arrives later than it is sent, so that others get their turn in between.
    await Promise.resolve();
    signal.throwIfAborted();
    if (operation === 'createInstance' && this.clock.now() > at + CREATE_TIMEOUT_MS) throw connectionReset();
    if (fault !== null) this.faults.add({ ...fault, operation, times: 1 });
    const text = body === undefined ? '' : JSON.stringify(body);
    const ending = await this.sandbox.answer({ method, path, query, body: text, authorization: 'Bearer test' });
    if (operation === 'createInstance') for (const instance of this.world.instances()) this.remember(instance);
    if (ending.kind === 'reset') throw connectionReset();
    if (ending.kind === 'silence') return endOf(signal);
    if (ending.status < 500) entry.outcome = ending.status < 400 ? 'answered' : 'refused';
    const { status, retryAfterSeconds } = ending;
    const retryAfter = retryAfterSeconds === null ? null : String(retryAfterSeconds);
    return { status, retryAfter, fromSandbox: true, body: Buffer.from(ending.body) };
  }

  private remember({ id }: SandboxInstance): NovitaInstanceId {
    const known = id as NovitaInstanceId;
    this.made.set(id, known);
    return known;
  }
}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
}

async function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted', { cause: signal.reason })), { once: true });
  });
}
