import { SECOND_MS } from '@app/platform';

/** No scope waits longer for the others: what was read is to be seen. */
const LONGEST_MS = 10 * SECOND_MS;

/**
 * Has followers read a kind anew, once for all scopes of it that are read at the same time: each time every process reads
 * all of the kind.
 */
export class KindReload {
  private readonly reading = new Set<object>();
  private due: PromiseWithResolvers<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly reload: () => Promise<void>,
    private readonly longestMs = LONGEST_MS,
  ) {}

  /** A full set of this scope is on its way. */
  begins(scope: object): void {
    this.reading.add(scope);
  }

  /** It was read, or cannot be at present. */
  ends(scope: object): void {
    this.reading.delete(scope);
    if (this.reading.size === 0) this.run();
  }

  /**
   * A scope was read: has followers read the kind anew, and comes back when that is published.
   *
   * @throws what the store throws
   */
  async publish(scope: object): Promise<void> {
    if (this.due === null) this.timer = setTimeout(() => this.run(), this.longestMs);
    const due = (this.due ??= Promise.withResolvers<void>());
    this.ends(scope);
    await due.promise;
  }

  private run(): void {
    const { due } = this;
    if (due === null) return;
    clearTimeout(this.timer);
    this.due = null;
    this.reload().then(due.resolve, due.reject);
  }
}
