/** What Novita answered about one instance. */
export interface Saying {
  /** When the request was sent, and when Novita answered it; epoch milliseconds. */
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** Its word; `denied` for a GET that found no such instance. */
  readonly word: string;
}

const MOST_KEPT = 400;

/** All that Novita has said about instances, from which alone the product may conclude anything. */
export class Sayings {
  private readonly byInstance = new Map<string, Saying[]>();

  note(
    operation: string,
    instanceId: string | null,
    status: number,
    body: string,
    sentAtMs: number,
    nowMs: number,
  ): void {
    const add = (id: string, word: string): void => {
      const all = this.byInstance.get(id) ?? [];
      all.push({ sentAtMs, answeredAtMs: nowMs, word });
      if (all.length > 2 * MOST_KEPT) all.splice(0, MOST_KEPT);
      this.byInstance.set(id, all);
    };
    if (operation === 'getInstance' && instanceId !== null) {
      if (body.includes('RESOURCE_NOT_FOUND')) add(instanceId, 'denied');
      else if (status < 300) for (const { id, word } of wordsIn(body)) add(id, word);
    } else if (operation === 'listInstances' && status < 300) {
      for (const { id, word } of wordsIn(body)) add(id, word);
    }
  }

  /** Whether an answer to a request of that time or later says one of these words. */
  hasSaid(instanceId: string, words: ReadonlySet<string>, sinceMs: number): boolean {
    return (this.byInstance.get(instanceId) ?? []).some(({ word, sentAtMs }) => sentAtMs >= sinceMs && words.has(word));
  }

  of(instanceId: string): readonly Saying[] {
    return this.byInstance.get(instanceId) ?? [];
  }
}

/** Also of a body that was cut off: what can be read of it was said. */
function wordsIn(body: string): { id: string; word: string }[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return [];
  }
  const items = Array.isArray(membersOf(parsed)['instances'])
    ? (membersOf(parsed)['instances'] as unknown[])
    : [parsed];
  return items.flatMap((item) => {
    const { id, status } = membersOf(item);
    return typeof id === 'string' && typeof status === 'string' ? [{ id, word: status }] : [];
  });
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
