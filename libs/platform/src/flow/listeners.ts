/** Those who are told of what happens in this process. One that fails does not keep the others from hearing. */
export class Listeners<Listener> {
  private readonly subscriptions = new Set<{ readonly listener: Listener }>();

  /** @param onFault told what a listener threw */
  constructor(private readonly onFault: (error: unknown) => void) {}

  /** @returns ends the subscription; the same listener may have several */
  add(listener: Listener): () => void {
    const subscription = { listener };
    this.subscriptions.add(subscription);
    return () => void this.subscriptions.delete(subscription);
  }

  /** In the order in which they came; one that comes meanwhile is not told, nor is one that has gone. */
  tell(call: (listener: Listener) => void): void {
    for (const subscription of Array.from(this.subscriptions)) {
      if (!this.subscriptions.has(subscription)) continue;
      try {
        call(subscription.listener);
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}
