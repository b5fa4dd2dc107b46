import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@app/testing/servers';
import { BuiltProcess } from './built-process.js';
import { until } from './until.js';

export const KEYS = {
  admin: 'admin-key-0123456789',
  dialogue: 'dialogue-key-0123456',
  agent: 'agent-key-0123456789',
} as const;
/** Two of the cheapest GPU fit. */
export const LIMITS = { usdPerHour: 0.8, hoursPerInstance: 4 };

/** The whole service in one process, with a sandbox of its own, as `npm start` runs it. */
export class OneMachine {
  private constructor(
    readonly url: string,
    readonly folder: string,
    private readonly process: BuiltProcess,
  ) {}

  static async start(): Promise<OneMachine> {
    const [folder, port] = await Promise.all([mkdtemp(join(tmpdir(), 'novita-fleet-one-machine-')), freePort()]);
    const file = join(folder, 'keys.json');
    const entries = [
      { name: 'admin', role: 'admin', key: KEYS.admin },
      { name: 'dialogue', role: 'operator', key: KEYS.dialogue, limits: LIMITS },
      { name: 'agent', role: 'operator', key: KEYS.agent, limits: LIMITS },
    ];
    await writeFile(file, JSON.stringify(entries));
    const process = new BuiltProcess('standalone', { DATA_DIR: folder, PORT: String(port), API_KEYS_FILE: file });
    const machine = new OneMachine(`http://127.0.0.1:${port}`, folder, process);
    try {
      const ready = `${machine.url}/health/ready`;
      await process.alive(until('the service is ready', async () => (await fetch(ready)).ok));
    } catch (error) {
      await machine.stop();
      throw error;
    }
    return machine;
  }

  async stop(): Promise<void> {
    await this.process.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}
