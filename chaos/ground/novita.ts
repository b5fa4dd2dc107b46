import type { Fault, SandboxInstance } from '@app/sandbox';
import { BuiltProcess } from '../../test/support/built-process.js';
import { NovitaWire } from './novita-wire.js';

/** An instance is up within five seconds, and down within two: long enough to be observed on its way. */
const SPEED = 4;
const CONTROL_PATIENCE_MS = 2_000;

/** Novita: the sandbox as a process of its own, and the wire to it. */
export class NovitaGround {
  private constructor(
    private readonly process: BuiltProcess,
    private readonly address: string,
    readonly wire: NovitaWire,
  ) {}

  static async start(seed: number): Promise<NovitaGround> {
    const args = ['--port', '0', '--instances', '0', '--speed', String(SPEED), '--seed', String(seed)];
    const process = new BuiltProcess('sandbox', {}, args);
    const [, address = ''] = await process.says(/listening on (\S+)/);
    const ground = new NovitaGround(process, address, await NovitaWire.open(address));
    await ground.control('POST', 'restock', {});
    return ground;
  }

  /** Everything that there is. @throws when Novita does not answer */
  async instances(): Promise<readonly SandboxInstance[]> {
    const { instances } = (await this.control('GET', 'instances')) as { instances: readonly SandboxInstance[] };
    return instances;
  }

  /** @returns its id; null when Novita does not answer, or refuses it */
  async addFault(fault: Fault): Promise<string | null> {
    const answer = await this.control('POST', 'faults', fault).catch(() => null);
    const { id } = (answer ?? {}) as { id?: string };
    return id ?? null;
  }

  async clearFault(id: string): Promise<void> {
    await this.control('DELETE', `faults/${id}`).catch(() => undefined);
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
    await this.control('POST', 'restock', {});
  }

  /** @returns whether it happened */
  async byHand(id: string, deed: 'console-start' | 'console-stop'): Promise<boolean> {
    return this.control('POST', `instances/${id}/${deed}`, {}).then(
      () => true,
      () => false,
    );
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process.signal(signal);
  }

  async stop(): Promise<void> {
    await this.wire.close();
    await this.process.end('SIGKILL');
  }

  private async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.address}/__sandbox/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CONTROL_PATIENCE_MS),
    });
    const value: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(value)}`);
    return value;
  }
}
