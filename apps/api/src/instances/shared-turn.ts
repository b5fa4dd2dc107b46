interface Waiting<Answer> {
  readonly promise: Promise<Answer>;
  readonly resolve: (answer: Promise<Answer>) => void;
}

/** Collects the questions of one turn of the event loop and asks them together, each of them once. */
export class SharedTurn<Question, Answer> {
  private waiting = new Map<Question, Waiting<Answer>>();

  /** @param answerAll answers each question in its place; must not throw */
  constructor(private readonly answerAll: (questions: readonly Question[]) => readonly Promise<Answer>[]) {}

  ask(question: Question): Promise<Answer> {
    const asked = this.waiting.get(question);
    if (asked !== undefined) return asked.promise;
    // The immediates run after all input of this turn was read.
    if (this.waiting.size === 0) setImmediate(() => this.answer());
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.waiting.set(question, { promise, resolve });
    return promise;
  }

  private answer(): void {
    const waiting = this.waiting;
    this.waiting = new Map();
    const answers = this.answerAll([...waiting.keys()]);
    let index = 0;
    for (const { resolve } of waiting.values()) {
      const answer = answers[index++];
      if (answer !== undefined) resolve(answer);
    }
  }
}
