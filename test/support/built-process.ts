import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { PATIENCE_MS } from './until.js';

const ABOVE = join(import.meta.dirname, '..', '..');
/** The project's folder. Benchmarks run from what is built of these files, in its folder dist. */
export const ROOT = basename(ABOVE) === 'dist' ? dirname(ABOVE) : ABOVE;

/** So that each of the many processes does not compile the same code anew. */
export const NODE_COMPILE_CACHE = join(ROOT, 'dist', 'compile-cache');

/** A process of the built project, as an operator would run it. */
export class BuiltProcess {
  private readonly child: ChildProcess;
  private text = '';
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;

  /** @param app folder name under apps/; `env` is all the environment that the process gets beside PATH */
  constructor(
    readonly app: 'api' | 'worker' | 'standalone' | 'sandbox' | 'watchdog',
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ) {
    this.child = spawn(process.execPath, [join(ROOT, 'dist', 'apps', app, 'src', 'main.js'), ...args], {
      // Away from the project folder, so that a developer's own .env does not leak into a test.
      cwd: env['DATA_DIR'] ?? ROOT,
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.text = (this.text + chunk.toString()).slice(-2_000_000);
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.ended = once(this.child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get output(): string {
    return this.text;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for `condition`, and fails at once when the process ends before it. */
  async alive<Value>(condition: Promise<Value>): Promise<Value> {
    const died = this.ended.then((code) => {
      throw new Error(`${this.app} ended with ${code}:\n${this.text.slice(-4_000)}`);
    });
    return Promise.race([condition, died]);
  }

  /** Sends the signal and waits for the end. @returns the exit code, null when the signal itself ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.running) this.child.kill(signal);
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until the process says this on its standard output or error. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      if (!this.running) throw new Error(`${this.app} ended before it said ${pattern}:\n${this.text.slice(-4_000)}`);
      if (Date.now() > deadline) throw new Error(`${this.app} never said ${pattern}:\n${this.text.slice(-4_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
