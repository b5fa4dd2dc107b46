import type { ApiObject } from '../../src/model/resource.js';
import type { ReflectorSink, ReflectorState, WatchChange } from '../../src/reflector/reflector-sink.js';

/** Keeps what it is handed, and says what it should not have been handed. */
export class ModelSink implements ReflectorSink {
  /** Versions by name. */
  objects = new Map<string, string>();
  readonly violations: string[] = [];
  readonly states: ReflectorState[] = [];
  begun = 0;
  /** Sizes of what came together. */
  readonly batches: number[] = [];
  private filling: Map<string, string> | null = null;
  private position = 0;

  async begin(): Promise<void> {
    this.begun++;
    this.filling = new Map();
  }

  async add(objects: readonly ApiObject[]): Promise<void> {
    for (const { metadata } of objects) {
      if (this.filling === null) this.violations.push('an object was added to no set');
      if (this.filling?.has(metadata.name) === true) this.violations.push(`${metadata.name} was added twice`);
      this.filling?.set(metadata.name, metadata.resourceVersion);
    }
  }

  async complete(version: string): Promise<void> {
    if (this.filling === null) this.violations.push('a set was completed that was not begun');
    this.objects = this.filling ?? new Map();
    this.filling = null;
    this.moveTo(version);
  }

  async apply(changes: readonly WatchChange[]): Promise<void> {
    this.batches.push(changes.length);
    if (this.filling !== null) this.violations.push('a change came before the set was complete');
    for (const { type, object } of changes) {
      const { name, resourceVersion } = object.metadata;
      if (Number(resourceVersion) <= this.position) this.violations.push(`${type} ${name} came twice`);
      if (this.objects.has(name) === (type === 'ADDED')) this.violations.push(`${type} of ${name} does not follow`);
      if (type === 'DELETED') this.objects.delete(name);
      else this.objects.set(name, resourceVersion);
      this.moveTo(resourceVersion);
    }
  }

  async bookmark(version: string): Promise<void> {
    this.moveTo(version);
  }

  state(state: ReflectorState): void {
    this.states.push(state);
  }

  private moveTo(version: string): void {
    if (Number(version) < this.position) this.violations.push(`from ${this.position} back to ${version}`);
    this.position = Number(version);
  }
}
