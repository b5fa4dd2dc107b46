import type { Clock } from '../time/clock.port.js';

/** The answer to one question for a short time, so that those who ask at once ask together. Faults are not kept. */
export class ShortMemory<Answer> {
  private kept: { readonly about: number; readonly atMs: number; readonly answer: Promise<Answer> } | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly keptMs: number,
  ) {}

  /** @param about tells one question from another; the latest is remembered */
  recall(about: number, ask: () => Promise<Answer>): Promise<Answer> {
    const { kept } = this;
    const now = this.clock.now();
    if (kept !== null && kept.about === about && Math.abs(now - kept.atMs) < this.keptMs) return kept.answer;
    const answer = ask();
    const asked = { about, atMs: now, answer };
    this.kept = asked;
    answer.catch(() => {
      if (this.kept === asked) this.kept = null;
    });
    return answer;
  }
}
