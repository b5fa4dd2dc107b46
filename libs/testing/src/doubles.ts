import { JOB_DECLARATIONS, type JobHandlerClasses } from '@app/jobs';
import { Clock, IdGenerator } from '@app/platform';
import type { Type } from '@nestjs/common';

/** A clock that stands still until a test moves it. */
export class FakeClock extends Clock {
  constructor(private epochMs: number = Date.UTC(2026, 0, 1)) {
    super();
  }

  override now(): number {
    return this.epochMs;
  }

  advance(ms: number): void {
    this.epochMs += ms;
  }

  set(epochMs: number): void {
    this.epochMs = epochMs;
  }
}

/** Ids that a test can predict; valid ULIDs that differ in both their time and their random part. */
export class SequentialIds extends IdGenerator {
  private next = 1;

  override ulid(): string {
    const digits = String(this.next++).padStart(10, '0');
    return `${digits}000000${digits}`;
  }
}

/** Takes log lines instead of standard output and gives them back as records. */
export class MemoryLog {
  readonly lines: string[] = [];

  write(line: string): void {
    this.lines.push(line);
  }

  /** @throws SyntaxError when a line is not JSON */
  records(): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  clear(): void {
    this.lines.length = 0;
  }
}

/**
 * The classes that run the jobs of a worker: those of the feature under test, and for all other jobs one class of the test,
 * because a worker does not start while a job has none.
 */
export function jobHandlers(
  other: Type<{ handle(): Promise<void> }>,
  own: Partial<JobHandlerClasses> = {},
): JobHandlerClasses {
  const others = JOB_DECLARATIONS.map(({ name }) => [name, other] as const);
  return { ...(Object.fromEntries(others) as Record<keyof JobHandlerClasses, typeof other>), ...own };
}
