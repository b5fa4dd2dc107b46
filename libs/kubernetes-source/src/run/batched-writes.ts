import type { KubernetesKind } from '../model/kinds.js';
import type { ResourceKey } from '../model/resource.js';
import { type ChangeCounts, MAX_OPERATIONS, type Operation } from '../store/resource-store.js';
import type { FencedWriter } from './fenced-writer.js';

const MAX_BATCH_CHARS = 500_000;

/**
 * What is to be written of one kind, in batches: the latest operation of each key, in their order. One write is under way
 * while the next operations are gathered; a second one waits for it.
 */
export class BatchedWrites {
  /** Changes were written that no entry of the feed names. */
  owesReload = false;
  /** The latest of each key, in their order: a batch that is repeated must not undo what it did. */
  private pending = new Map<ResourceKey, Operation>();
  private pendingChars = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly kind: KubernetesKind,
    private readonly writer: Pick<FencedWriter, 'write'>,
    private readonly written: (counts: ChangeCounts) => void,
  ) {}

  /** Operations that wait. */
  get size(): number {
    return this.pending.size;
  }

  get isFull(): boolean {
    return this.pending.size >= MAX_OPERATIONS || this.pendingChars >= MAX_BATCH_CHARS;
  }

  queue(key: ResourceKey, operation: Operation): void {
    this.pendingChars += charsOf(operation) - charsOf(this.pending.get(key));
    this.pending.delete(key);
    this.pending.set(key, operation);
  }

  /** Comes back when the write before has ended, and this one has begun. @throws what the write before threw */
  async flush(isSilent: boolean): Promise<void> {
    await this.writing;
    if (this.pending.size === 0) return;
    const operations = [...this.pending.values()];
    this.pending = new Map();
    this.pendingChars = 0;
    if (isSilent) this.owesReload = true;
    this.writing = this.writer.write({ kind: this.kind, operations, isSilent }).then(this.written);
    // Whoever comes next finds it.
    this.writing.catch(() => undefined);
  }

  /** Comes back when the write that is under way has ended. @throws what it threw */
  settled(): Promise<void> {
    return this.writing;
  }
}

function charsOf(operation: Operation | undefined): number {
  return operation?.type === 'put' ? operation.resource.json.length : 0;
}
