import { Injectable } from '@nestjs/common';
import type { QuarantineKind } from './quarantine.port.js';

/** What came of reading a thing again. `refused`: it was not read, and why. */
export type RetryOutcome = 'readable' | 'unreadable' | 'gone' | { readonly refused: string };

/** How things of one kind are read again and discarded. The library that keeps them provides it. */
export interface QuarantineHandler {
  /** Reads it again; when it can be read, sees to it that what it says is done. */
  retry(where: string): Promise<RetryOutcome>;
  /**
   * Removes the thing itself.
   * @returns why it was not removed; null when it is gone
   */
  discard(where: string): Promise<string | null>;
}

/** The handlers of this process, by kind. What has none is gone by itself; only its entry is kept. */
@Injectable()
export class QuarantineHandlers {
  private readonly byKind = new Map<QuarantineKind, QuarantineHandler>();

  register(kind: QuarantineKind, handler: QuarantineHandler): void {
    this.byKind.set(kind, handler);
  }

  of(kind: QuarantineKind): QuarantineHandler | null {
    return this.byKind.get(kind) ?? null;
  }
}
