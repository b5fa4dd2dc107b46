import type { Type } from '@nestjs/common';
import type { Owner } from '../runtime/scheduler.js';
import type { Container } from './container.js';

/** The hooks that Nest calls when an application starts. */
interface Starting {
  onModuleInit?: () => unknown;
  onApplicationBootstrap?: () => unknown;
}

export type Role = 'api' | 'worker';

/** What a call to the outside is called: by its caller, on its way, and on its way back. */
export interface CallLabel {
  readonly name: string;
  readonly sent: string;
  readonly answered: string;
}

/**
 * A process of the deployment, from its start to its death: objects of its own, put together by the shipped modules. Once
 * it is dead none of its code runs any more, since every event that belongs to it is dropped.
 */
export class SimProcess implements Owner {
  pausedUntilMs = 0;
  isAlive = true;
  /** It has started, and answers or takes jobs. */
  isUp = false;
  private container: Container | null = null;
  private readonly labels = new Map<string, CallLabel>();

  /** @param pid unlike that of any other process of the run */
  constructor(
    readonly name: string,
    readonly role: Role,
    readonly pid: number,
  ) {}

  get takesJobs(): boolean {
    return this.role === 'worker' && this.isAlive && this.isUp;
  }

  /** The same each time, so that its traces are read and hashed once: most calls come again and again. */
  labelOf(name: string): CallLabel {
    const known = this.labels.get(name);
    if (known !== undefined) return known;
    const label = { name, sent: `${this.name} ${name}`, answered: `answer ${name}` };
    this.labels.set(name, label);
    return label;
  }

  /** Runs as this process. @param containerOf makes its objects */
  async start(containerOf: (process: SimProcess) => Container): Promise<void> {
    const container = containerOf(this);
    this.container = container;
    const objects: readonly Starting[] = container.makeAll();
    for (const one of objects) await one.onModuleInit?.();
    // Nest waits for all of them before it listens; none waits for another.
    await Promise.all(objects.map(async (one) => one.onApplicationBootstrap?.()));
    this.isUp = true;
  }

  get<Value>(type: Type<Value> | (abstract new (...args: never[]) => Value)): Value {
    return this.objects.get(type);
  }

  /** Of a class that none of its modules provides. */
  construct<Value>(type: Type<Value>): Value {
    return this.objects.construct(type);
  }

  private get objects(): Container {
    if (this.container === null) throw new Error(`${this.name} has not started`);
    return this.container;
  }
}
