interface Waiting<Answer> {
  readonly promise: Promise<Answer>;
  readonly begin: () => Promise<void>;
}

/**
 * Limits reads that many may want at once: a few are under way at a time, and a read that still waits for its turn is shared
 * by all who ask for the same. No answer is older for it: the read begins after all who share it have asked.
 */
export class CoalescingLimiter<Answer> {
  private readonly waiting = new Map<string, Waiting<Answer>>();
  private underWay = 0;

  /** @param limit reads under way at a time */
  constructor(private readonly limit: number) {}

  /**
   * @param key the same for the same question
   * @throws what the read throws
   */
  ask(key: string, read: () => Promise<Answer>): Promise<Answer> {
    const asked = this.waiting.get(key);
    if (asked !== undefined) return asked.promise;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.waiting.set(key, { promise, begin: () => read().then(resolve, reject) });
    this.goOn();
    return promise;
  }

  private goOn(): void {
    for (const [key, { begin }] of this.waiting) {
      if (this.underWay >= this.limit) return;
      this.waiting.delete(key);
      this.underWay++;
      void begin().then(() => {
        this.underWay--;
        this.goOn();
      });
    }
  }
}
