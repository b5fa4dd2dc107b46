import { setTimeout as pause } from 'node:timers/promises';
import { BuiltProcess } from '../../test/support/built-process.js';
import { until } from '../../test/support/until.js';
import type { ProcessName } from '../plan/plan.js';
import { Gate } from './gate.js';

/** SHUTDOWN_TIMEOUT, by which a process that was asked to end has to have done so. */
export const SHUTDOWN_TIMEOUT_MS = 30_000;
/** Beyond which it is taken for hanging: a busy machine may hold its timer up. */
const ENDS_WITHIN_MS = 2 * SHUTDOWN_TIMEOUT_MS;
const NOBODY_CAUGHT = /an exception that nobody caught|a rejection that nobody handled/;

export interface SlotSettings {
  readonly name: ProcessName;
  readonly port: number;
  readonly redisPort: number;
  readonly env: Readonly<Record<string, string>>;
  /** What no process may do. */
  readonly onFailure: (detail: string) => void;
}

/** A place in the deployment: its process is started again at the same address whenever it has ended. */
export class Slot {
  readonly url: string;
  /** Of the process that runs, and those before it. */
  starts = 0;
  /** When it, or its network, was last disturbed; epoch milliseconds. */
  disturbedAtMs = 0;
  /** How long the longest orderly end took. */
  longestEndMs = 0;
  private process: BuiltProcess;
  private isBusy = false;
  private isClosed = false;

  private constructor(
    private readonly settings: SlotSettings,
    readonly gate: Gate,
  ) {
    this.url = `http://127.0.0.1:${settings.port}`;
    this.process = this.start();
  }

  static async open(settings: SlotSettings): Promise<Slot> {
    return new Slot(settings, await Gate.open(settings.redisPort));
  }

  get name(): ProcessName {
    return this.settings.name;
  }

  get isApi(): boolean {
    return this.settings.name.startsWith('api');
  }

  get output(): string {
    return this.process.output;
  }

  /** As a power cut would. @returns false when something is being done to it already */
  async kill(downMs: number): Promise<boolean> {
    return this.disturb(async () => {
      await this.process.end('SIGKILL');
      await pause(downMs);
      this.process = this.start();
    });
  }

  /** In order, and again after a while. */
  async terminate(downMs: number): Promise<boolean> {
    return this.disturb(async () => {
      // One that has only begun to start knows no signals yet.
      const isUp = await this.process.alive(this.live()).then(
        () => true,
        () => false,
      );
      if (isUp) await this.endInOrder();
      await pause(downMs);
      this.process = this.start();
    });
  }

  async pause(forMs: number): Promise<boolean> {
    return this.disturb(async () => {
      this.process.signal('SIGSTOP');
      await pause(forMs);
      this.process.signal('SIGCONT');
    });
  }

  async cutOff(state: 'cut' | 'silent', forMs: number): Promise<boolean> {
    return this.disturb(async () => {
      this.gate.set(state);
      await pause(forMs);
      this.gate.set('open');
    });
  }

  /** Ends the process in order, and waits until the next one at its address is ready. @returns how long the end took */
  async replace(): Promise<number> {
    const tookMs = await this.endInOrder();
    this.process = this.start();
    await this.ready();
    return tookMs;
  }

  async ready(): Promise<void> {
    await until(`${this.name} is ready`, async () => (await fetch(`${this.url}/health/ready`)).ok);
  }

  private async live(): Promise<void> {
    await until(`${this.name} is live`, async () => (await fetch(`${this.url}/health/live`)).ok);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.process.end('SIGKILL');
    await this.gate.close();
  }

  private async endInOrder(): Promise<number> {
    const { process } = this;
    const startedAt = performance.now();
    const limit = setTimeout(() => process.signal('SIGKILL'), ENDS_WITHIN_MS);
    const code = await process.end('SIGTERM');
    clearTimeout(limit);
    const tookMs = performance.now() - startedAt;
    this.longestEndMs = Math.max(this.longestEndMs, tookMs);
    if (code !== 0) this.settings.onFailure(`${this.name} ended with ${code} after SIGTERM: ${lastOf(process.output)}`);
    return tookMs;
  }

  private start(): BuiltProcess {
    const { name, port, env } = this.settings;
    this.starts += 1;
    const process = new BuiltProcess(this.isApi ? 'api' : 'worker', {
      ...env,
      REDIS_URL: `redis://127.0.0.1:${this.gate.port}`,
      [this.isApi ? 'PORT' : 'WORKER_PORT']: String(port),
    });
    void process.ended.then(async () => {
      if (NOBODY_CAUGHT.test(process.output)) this.settings.onFailure(`${name}: ${lastOf(process.output)}`);
      // A process may end by itself where only a new one can help; whoever runs it starts that.
      if (this.isClosed || this.isBusy || this.process !== process) return;
      this.disturbedAtMs = Date.now();
      await pause(200);
      if (!this.isClosed && !this.isBusy && this.process === process) this.process = this.start();
    });
    return process;
  }

  private async disturb(work: () => Promise<void>): Promise<boolean> {
    if (this.isBusy || !this.process.running) return false;
    this.isBusy = true;
    this.disturbedAtMs = Date.now();
    try {
      await work();
    } finally {
      this.isBusy = false;
      this.disturbedAtMs = Date.now();
    }
    return true;
  }
}

const lastOf = (output: string): string => output.trim().split('\n').slice(-6).join('\n      ');
