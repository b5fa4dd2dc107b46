import type { SandboxInstance } from '@app/sandbox';
import type { NovitaGround } from '../ground/novita.js';

/** What there is at Novita, as it was last read, and since when each instance has been seen. */
export class WorldMirror {
  private all: readonly SandboxInstance[] = [];
  private readonly firstSeenMs = new Map<string, number>();
  private reading: Promise<boolean> | null = null;

  constructor(private readonly novita: NovitaGround) {}

  instances(): readonly SandboxInstance[] {
    return this.all;
  }

  instance(id: string): SandboxInstance | undefined {
    return this.all.find((one) => one.id === id);
  }

  /** Those that were there at that time. */
  seenBy(atMs: number): readonly SandboxInstance[] {
    return this.all.filter(({ id }) => (this.firstSeenMs.get(id) ?? atMs) <= atMs);
  }

  /** Reads it anew; who asks meanwhile is answered by the next reading. @returns whether Novita has answered */
  async refresh(): Promise<boolean> {
    const before = this.reading;
    if (before !== null) await before;
    this.reading ??= this.read().finally(() => (this.reading = null));
    return this.reading;
  }

  private async read(): Promise<boolean> {
    try {
      this.all = await this.novita.instances();
    } catch {
      // It is paused, and does nothing either.
      return false;
    }
    for (const { id } of this.all) if (!this.firstSeenMs.has(id)) this.firstSeenMs.set(id, Date.now());
    return true;
  }
}
