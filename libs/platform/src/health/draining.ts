import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Whether this process is about to end: it still answers, but should be given nothing new. */
@Injectable()
export class Draining implements OnModuleDestroy {
  private readonly controller = new AbortController();

  get isDraining(): boolean {
    return this.controller.signal.aborted;
  }

  /** Aborted when the draining begins; for streams and waits that should end then. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(): void {
    this.controller.abort();
  }

  /** An application that is closed without a signal drains too. */
  onModuleDestroy(): void {
    this.begin();
  }
}
