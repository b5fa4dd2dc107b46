import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@app/testing/servers';
import { BuiltProcess } from './built-process.js';
import { until } from './until.js';

export interface OneProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of `API_KEYS_FILE`. */
  readonly keys?: readonly object[];
}

/** The whole service in one process and without Redis; with a sandbox of its own where no address of Novita is given. */
export class OneProcess {
  private constructor(
    readonly url: string,
    /** Its data, and what a test puts beside them. */
    readonly folder: string,
    readonly process: BuiltProcess,
  ) {}

  /** @returns once it is ready */
  static async start({ env = {}, keys }: OneProcessOptions): Promise<OneProcess> {
    const [folder, port] = await Promise.all([mkdtemp(join(tmpdir(), 'novita-fleet-one-process-')), freePort()]);
    const file = join(folder, 'keys.json');
    if (keys !== undefined) await writeFile(file, JSON.stringify(keys));
    const own = { DATA_DIR: folder, PORT: String(port), ...(keys !== undefined && { API_KEYS_FILE: file }) };
    const url = `http://127.0.0.1:${port}`;
    const one = new OneProcess(url, folder, new BuiltProcess('standalone', { ...env, ...own }));
    try {
      await one.process.alive(until('it is ready', async () => (await fetch(`${url}/health/ready`)).ok));
    } catch (error) {
      await one.stop();
      throw error;
    }
    return one;
  }

  async stop(): Promise<void> {
    await this.process.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
