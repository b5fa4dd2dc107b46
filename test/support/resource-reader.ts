import type { KubernetesKind } from '../../libs/kubernetes-source/src/model/kinds.js';

interface ReadObject {
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface ReadEvent {
  readonly type: string;
  readonly kind: KubernetesKind;
  readonly resource: ReadObject;
}

/** Follows the changes of resources on one connection, and keeps what they lead to. What cannot follow from what it knew is a violation. */
export class ResourceReader {
  readonly violations: string[] = [];
  /**
   * What does not follow since it was told already, or something later: a kind that was read anew is told as it is then, and after that
   * what had changed while it was read.
   */
  readonly retold: string[] = [];
  /** Every version that it was told. */
  readonly versions = new Set<string>();
  private readonly known = new Map<KubernetesKind, Map<string, ReadObject>>();
  /** By kind and name the latest version that it was told; the versions of the sandbox are numbers. */
  private readonly latest = new Map<string, number>();
  private rest = '';

  private constructor(
    kinds: readonly KubernetesKind[],
    private readonly connection: AbortController,
  ) {
    for (const kind of kinds) this.known.set(kind, new Map());
  }

  /** Comes back when it is told what happens from now on. */
  static async open(url: string, key: string, kinds: readonly KubernetesKind[]): Promise<ResourceReader> {
    const connection = new AbortController();
    const response = await fetch(`${url}/api/v1/events?types=resource.*`, {
      headers: { authorization: `Bearer ${key}` },
      signal: connection.signal,
    });
    if (response.status !== 200 || response.body === null) throw new Error(`events answered ${response.status}`);
    const reader = new ResourceReader(kinds, connection);
    void reader.read(response.body);
    return reader;
  }

  /** What is there before the first event. */
  know(kind: KubernetesKind, objects: readonly ReadObject[]): void {
    for (const object of objects) {
      this.of(kind).set(keyOf(object), object);
      this.latest.set(`${kind} ${keyOf(object)}`, Number(object.metadata['resourceVersion']));
    }
  }

  /** What it knows of a kind, in an order of its own. */
  lines(kind: KubernetesKind): readonly string[] {
    return [...this.of(kind).values()].map(resourceLine).toSorted();
  }

  close(): void {
    this.connection.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const text of body.pipeThrough(new TextDecoderStream())) this.take(text);
      this.violations.push('the stream was ended');
    } catch (error) {
      if (!this.connection.signal.aborted) this.violations.push(`the stream broke off: ${String(error)}`);
    }
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      if (event === 'resources_reset') this.violations.push('it was sent a reset');
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event?.startsWith('resource.') === true && data !== undefined) this.apply(JSON.parse(data) as ReadEvent);
    }
  }

  private apply({ type, kind, resource }: ReadEvent): void {
    const objects = this.of(kind);
    const key = keyOf(resource);
    const before = objects.get(key)?.metadata;
    const { uid, resourceVersion } = resource.metadata;
    const version = Number(resourceVersion);
    const told = this.latest.get(`${kind} ${key}`) ?? 0;
    const isFitting = {
      'resource.added': before === undefined,
      'resource.modified': before !== undefined && before['uid'] === uid && version > told,
      'resource.deleted': before !== undefined && before['uid'] === uid,
    }[type];
    if (isFitting !== true) {
      const what = `${type} ${kind} ${resourceLine(resource)} after ${JSON.stringify(before ?? null)}`;
      (version <= told ? this.retold : this.violations).push(what);
    }
    this.latest.set(`${kind} ${key}`, Math.max(told, version));
    this.versions.add(String(resourceVersion));
    if (type === 'resource.deleted') objects.delete(key);
    else objects.set(key, resource);
  }

  private of(kind: KubernetesKind): Map<string, ReadObject> {
    const objects = this.known.get(kind);
    if (objects === undefined) throw new Error(`nobody follows ${kind}`);
    return objects;
  }
}

/** An object as far as mirror and cluster must agree in it. */
export function resourceLine({ metadata }: ReadObject): string {
  const { uid, resourceVersion } = metadata;
  const labels = Object.entries((metadata['labels'] ?? {}) as Readonly<Record<string, string>>).toSorted(
    ([one], [other]) => (one < other ? -1 : 1),
  );
  return `${keyOf({ metadata })} ${String(uid)} ${String(resourceVersion)} ${JSON.stringify(labels)}`;
}

const keyOf = ({ metadata: { namespace, name } }: ReadObject): string =>
  `${typeof namespace === 'string' ? namespace : ''}/${String(name)}`;
