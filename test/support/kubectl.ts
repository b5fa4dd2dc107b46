import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesFace } from '@app/sandbox';
import { RunningProgram, runProgram } from './run-program.js';

/** The program's path; empty where the machine has none. */
export const KUBECTL_BIN = process.env['KUBECTL_BIN'] ?? '';

/** kubectl with a home of its own, where it keeps what it has learned of the cluster. */
export class Kubectl {
  private readonly programs: RunningProgram[] = [];

  private constructor(
    private readonly folder: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async for(face: KubernetesFace): Promise<Kubectl> {
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-kubectl-'));
    const config = join(folder, 'kubeconfig');
    await writeFile(config, face.kubeconfig());
    return new Kubectl(folder, { HOME: folder, KUBECONFIG: config });
  }

  /** @returns what it printed @throws Error with what it complained of, when it fails or warns */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runProgram(KUBECTL_BIN, args, { env: this.env });
    if (code !== 0 || stderr !== '') throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** As `get -o name`, by a client certificate instead of what the kubeconfig says. */
  async getWithCertificate(
    resource: string,
    { clientCertificate, clientKey }: { readonly clientCertificate: string; readonly clientKey: string },
  ): Promise<string> {
    const [certificateFile, keyFile] = [join(this.folder, 'client.crt'), join(this.folder, 'client.key')];
    await Promise.all([writeFile(certificateFile, clientCertificate), writeFile(keyFile, clientKey)]);
    const identity = ['--token=', `--client-certificate=${certificateFile}`, `--client-key=${keyFile}`];
    return this.run('get', resource, '-o', 'name', ...identity);
  }

  async apply(object: unknown, ...args: readonly string[]): Promise<string> {
    return this.run('apply', '-f', await this.fileOf(object), ...args);
  }

  async create(object: unknown): Promise<string> {
    return this.run('create', '-f', await this.fileOf(object));
  }

  /** One that goes on until the end of the test. */
  start(...args: readonly string[]): RunningProgram {
    const program = new RunningProgram(KUBECTL_BIN, args, this.env);
    this.programs.push(program);
    return program;
  }

  private async fileOf(object: unknown): Promise<string> {
    const file = join(this.folder, 'object.json');
    await writeFile(file, JSON.stringify(object));
    return file;
  }

  async close(): Promise<void> {
    await Promise.all(this.programs.map(async (program) => program.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
