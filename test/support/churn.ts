import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient, InstanceView } from './api-client.js';

/** Keeps a few instances changing, and syncs running, as a busy day does. */
export class Churn {
  /** Commands that were accepted, by what they were. */
  readonly done: Record<string, number> = {};
  private readonly ending = new AbortController();
  private readonly running: Promise<unknown>;

  /** @param client asked before each command, so that a process may go away meanwhile */
  constructor(
    private readonly client: () => ApiClient,
    private readonly ids: readonly string[],
    everyMs: number,
  ) {
    this.running = Promise.all([this.changeInstances(everyMs), this.runSyncs(everyMs * 5)]);
    // `stop` reports it.
    this.running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async changeInstances(everyMs: number): Promise<void> {
    for (let turn = 0; !this.ending.signal.aborted; turn++) {
      const id = this.ids[turn % this.ids.length] ?? '';
      const answer = await this.client().request<InstanceView>('GET', `/api/v1/instances/${id}`);
      const command = COMMANDS[answer.body.status];
      if (command !== undefined) await this.command(command, `/api/v1/instances/${id}/${command}`);
      await this.wait(everyMs);
    }
  }

  private async runSyncs(everyMs: number): Promise<void> {
    while (!this.ending.signal.aborted) {
      await this.command('sync', '/api/v1/instances/sync');
      await this.wait(everyMs);
    }
  }

  /** What is refused because of the state that it has meanwhile is left at that. */
  private async command(name: string, path: string): Promise<void> {
    const { status } = await this.client().request('POST', path);
    if (status < 300) this.done[name] = (this.done[name] ?? 0) + 1;
  }

  private async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.ending.signal }).catch(() => undefined);
  }
}

const COMMANDS: Readonly<Record<string, string>> = { ready: 'stop', stopped: 'start', failed: 'start' };
