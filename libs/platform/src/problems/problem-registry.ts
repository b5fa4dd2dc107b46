import { Injectable } from '@nestjs/common';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import type { ProblemType } from './problem.js';

/** Every problem type that this process can answer with. */
@Injectable()
export class ProblemRegistry {
  private readonly byCode = new Map<string, ProblemType>();

  constructor() {
    this.declare(PLATFORM_PROBLEMS);
  }

  /** @throws Error when another type of the same code was declared: one code has one meaning */
  declare(family: Readonly<Record<string, ProblemType>>): void {
    for (const type of Object.values(family)) {
      const known = this.byCode.get(type.code);
      if (known !== undefined && known !== type) throw new Error(`two problem types have the code ${type.code}`);
      this.byCode.set(type.code, type);
    }
  }

  find(code: string): ProblemType | null {
    return this.byCode.get(code) ?? null;
  }

  /** All of them, by status and then by code. */
  all(): readonly ProblemType[] {
    return [...this.byCode.values()].sort((a, b) => a.status - b.status || a.code.localeCompare(b.code, 'en'));
  }
}
