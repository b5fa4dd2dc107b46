import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { PATIENCE_MS } from './until.js';

export interface ProgramEnd {
  /** Null when a signal ended it, such as the one at the time limit. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** Called with each piece of what it prints, on standard output or error. */
  readonly onOutput?: (piece: string) => void;
}

/** Runs a program to its end; unlike `execFile`, an exit code other than 0 is no error. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      {
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        timeout: options.timeoutMs ?? PATIENCE_MS,
      },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code === 'string') reject(error);
        else resolve({ code: error === null ? 0 : ((error.code as number | undefined) ?? null), stdout, stderr });
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece: Buffer | string) => options.onOutput?.(piece.toString()));
    }
  });
}

/** A program that goes on until it is stopped. */
export class RunningProgram {
  private readonly child;
  private text = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
  }

  get stdout(): string {
    return this.text;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
