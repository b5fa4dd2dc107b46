import type { PortMapping, PortProbe, PortSpec } from '@app/instance-store';
import { type Exchange, type HttpAnswer, type Novita, novitaOver } from '@app/novita-client';
import type { Clock } from '@app/platform';
import {
  type FaultControls,
  type FaultEffect,
  type InProcessSandbox,
  type SandboxInstance,
  type SandboxTiming,
  sandboxInProcess,
  type WorldView,
} from '@app/sandbox';
import { PortProber } from '../../libs/lifecycle/src/reconcile/port-prober.js';
import type { SimProcess } from '../processes/process.js';
import type { Wire } from '../processes/wire.js';
import { Sayings } from './said.js';

/** A call that Novita carried out. */
export interface CarriedOut {
  readonly operation: string;
  readonly instanceId: string | null;
  readonly status: number;
  readonly by: string;
}

/** What goes wrong at Novita with one call; asked once for each. */
export type LieOf = (operation: string, isList: boolean) => FaultEffect | null;

/** Novita: the sandbox, in this process and on this clock, and what it said and did. */
export class NovitaWorld {
  readonly sayings = new Sayings();
  lieOf: LieOf = () => null;
  /** Called when a call has taken effect, and the world is as it left it. */
  onCarriedOut: (call: CarriedOut) => void = () => undefined;
  private readonly sandbox: InProcessSandbox;

  constructor(
    private readonly now: () => number,
    timing: Partial<SandboxTiming>,
    seed: number,
    migrationEndsIn: 'running' | 'exited',
  ) {
    this.sandbox = sandboxInProcess({ timing, seed, migrationEndsIn }, now);
  }

  get view(): WorldView {
    return this.sandbox.world;
  }

  get faults(): FaultControls {
    return this.sandbox.faults;
  }

  /** The client that is shipped, as one process uses it. */
  clientOf(process: SimProcess, wire: Wire, clock: Clock, pageSize: number): Novita {
    const exchange: Exchange = {
      send: (method, target, body, signal) => this.send(process, wire, method, target, body, signal),
    };
    return novitaOver(exchange, clock, pageSize);
  }

  proberOf(process: SimProcess, wire: Wire, clock: Clock): PortProber {
    return new WorldProber(this.view, process, wire, clock);
  }

  private async send(
    process: SimProcess,
    wire: Wire,
    method: string,
    target: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { pathname: path, searchParams: query } = new URL(target, 'http://sandbox.invalid');
    const operation = this.sandbox.operationOf(method, path) ?? 'unknown';
    const text = body === undefined ? '' : JSON.stringify(body);
    const instanceId = query.get('instanceId') ?? idIn(body);
    const sentAtMs = this.now();
    const answer = wire.call(process, {
      label: process.labelOf(`novita ${operation} ${instanceId ?? query.get('pageNum') ?? ''}`),
      place: 'novita',
      perform: () => this.answer(process.name, { operation, method, path, query, text, instanceId, sentAtMs }),
      lostError: (isDone) => connectionReset(isDone),
    });
    return unlessAborted(answer, signal);
  }

  private async answer(
    by: string,
    call: {
      readonly operation: string;
      readonly method: string;
      readonly path: string;
      readonly query: URLSearchParams;
      readonly text: string;
      readonly instanceId: string | null;
      readonly sentAtMs: number;
    },
  ): Promise<HttpAnswer> {
    const { operation, method, path, query, text, instanceId, sentAtMs } = call;
    const lie = this.lieOf(operation, operation.startsWith('list'));
    const fault = lie === null ? null : this.faults.add({ ...lie, operation, times: 1 });
    const ending = await this.sandbox.answer({ method, path, query, body: text, authorization: 'Bearer simulated' });
    if (fault !== null) this.faults.clear(fault);
    const status = ending.kind === 'answer' ? ending.status : 0;
    this.onCarriedOut({ operation, instanceId, status, by });
    if (ending.kind !== 'answer') throw connectionReset(true);
    this.sayings.note(operation, instanceId, status, ending.body, sentAtMs, this.now());
    const { retryAfterSeconds } = ending;
    const retryAfter = retryAfterSeconds === null ? null : String(retryAfterSeconds);
    return { status, retryAfter, fromSandbox: true, body: Buffer.from(ending.body) };
  }
}

class WorldProber extends PortProber {
  constructor(
    private readonly view: WorldView,
    private readonly process: SimProcess,
    private readonly wire: Wire,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async probe(
    ports: readonly PortSpec[],
    mappings: readonly PortMapping[],
    signal: AbortSignal,
  ): Promise<readonly PortProbe[]> {
    const probed = this.wire.call(this.process, {
      label: this.process.labelOf('probe'),
      place: 'novita',
      perform: () =>
        Promise.resolve(
          ports.map(({ port, protocol }): PortProbe => {
            const endpoint = mappings.find((mapping) => mapping.port === port)?.endpoint ?? '';
            const id = endpoint.split('/')[3] ?? '';
            const ok = this.view.instance(id)?.portsOpen === true;
            return { port, protocol, ok, at: this.clock.timestamp(), detail: ok ? '200' : 'ECONNREFUSED' };
          }),
        ),
      lostError: () => connectionReset(true),
    });
    try {
      return await unlessAborted(probed, signal);
    } catch {
      // A probe that comes to nothing counts as a silent port.
      const at = this.clock.timestamp();
      return ports.map(({ port, protocol }) => ({ port, protocol, ok: false, at, detail: 'timed out' }));
    }
  }
}

/** States in which an instance neither bills for its GPU nor will by itself. */
const ENDED: ReadonlySet<string> = new Set(['toStop', 'stopping', 'exited', 'toRemove', 'removing', 'removed']);

export function mayBill({ status }: Pick<SandboxInstance, 'status'>): boolean {
  return !ENDED.has(status);
}

async function unlessAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    aborted.promise.catch(() => undefined);
    answer.catch(() => undefined);
  }
}

function connectionReset(isSent: boolean): Error {
  return isSent
    ? Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
    : Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
}

function idIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('instanceId' in body)) return null;
  return typeof body.instanceId === 'string' ? body.instanceId : null;
}
