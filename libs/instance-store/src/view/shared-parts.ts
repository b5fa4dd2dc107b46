import type { InstanceRecord, InstanceSpec } from '../record/instance.js';
import { deepFreeze } from '../record/parse-record.js';

/** Different values of one member that are compared with; the rest are held once for each record. */
const MAX_VARIANTS = 16;
/** Different texts that are remembered to be shared. */
const MAX_TEXTS = 5_000;

const NOTHING: readonly never[] = Object.freeze([]);

/** Members of a record, and of its spec, whose values many records have alike. */
type SharedMember =
  | 'spec'
  | 'ports'
  | 'tools'
  | 'envs'
  | 'networkStorages'
  | 'fallbacks'
  | 'autoStop'
  | 'price'
  | 'cost'
  | 'attempts'
  | 'probes';

/**
 * Holds the parts once that records have alike, which takes about half of the memory of a fleet. Records that follow each
 * other are mostly alike, so each part is compared with the latest few only.
 */
export class SharedParts {
  /** The latest last. */
  private readonly variants: Readonly<Record<SharedMember, object[]>> = {
    spec: [],
    ports: [],
    tools: [],
    envs: [],
    networkStorages: [],
    fallbacks: [],
    autoStop: [],
    price: [],
    cost: [],
    attempts: [],
    probes: [],
  };
  private readonly texts = new Map<string, string>();
  /** Of the record before: those of one listing are observed at the same time. */
  private observedAt: InstanceRecord['observedAt'] = null;

  /** @returns the same record, frozen. Its parts are frozen in place. */
  compact(record: InstanceRecord): InstanceRecord {
    if (record.observedAt !== this.observedAt) this.observedAt = record.observedAt;
    const { observedAt } = this;
    return Object.freeze({
      ...record,
      observedAt,
      createdBy: this.text(record.createdBy),
      // Texts of one record that are alike are one text, too.
      confirmedAt: record.confirmedAt === observedAt ? observedAt : record.confirmedAt,
      spec: this.spec(record.spec),
      deadlines: Object.freeze(record.deadlines),
      autoStop: this.share('autoStop', record.autoStop),
      price: this.share('price', record.price),
      cost: record.cost === null ? null : this.share('cost', record.cost),
      attempts: this.share('attempts', record.attempts),
      probes: this.list('probes', record.probes),
      desired: Object.freeze({ ...record.desired, by: this.text(record.desired.by) }),
      timestamps: Object.freeze(record.timestamps),
      connection: Object.freeze(record.connection),
    });
  }

  /** A text that many records have. */
  text<Text extends string | null>(text: Text): Text {
    if (text === null) return text;
    const held = this.texts.get(text);
    if (held !== undefined) return held as Text;
    if (this.texts.size >= MAX_TEXTS) this.texts.clear();
    this.texts.set(text, text);
    return text;
  }

  /** One with variables is hardly ever like another one as a whole, but in its other parts. */
  private spec(spec: InstanceSpec): InstanceSpec {
    const mayBeAlike = isEmptyList(spec.envs);
    const held = mayBeAlike ? this.find('spec', spec) : null;
    if (held !== null) return held;
    const own = Object.freeze({
      ...spec,
      productId: this.text(spec.productId),
      productName: this.text(spec.productName),
      region: this.text(spec.region),
      clusterId: this.text(spec.clusterId),
      image: this.text(spec.image),
      templateId: this.text(spec.templateId),
      ports: this.list('ports', spec.ports),
      tools: this.list('tools', spec.tools),
      envs: this.list('envs', spec.envs),
      networkStorages: this.list('networkStorages', spec.networkStorages),
      fallbacks: this.list('fallbacks', spec.fallbacks),
    });
    if (mayBeAlike) this.hold('spec', own);
    return own;
  }

  private list<Part>(member: SharedMember, part: readonly Part[]): readonly Part[] {
    return isEmptyList(part) ? NOTHING : this.share(member, part);
  }

  private share<Part extends object>(member: SharedMember, part: Part): Part {
    const held = this.find(member, part);
    if (held !== null) return held;
    this.hold(member, deepFreeze(part));
    return part;
  }

  private find<Part extends object>(member: SharedMember, part: Part): Part | null {
    const variants = this.variants[member];
    const last = variants.length - 1;
    for (let i = last; i >= 0; i--) {
      const variant = variants[i];
      if (variant === undefined || !isAlike(variant, part)) continue;
      // The next one is probably like this one, too.
      const latest = variants[last];
      if (latest !== undefined) variants[i] = latest;
      variants[last] = variant;
      return variant as Part;
    }
    return null;
  }

  private hold(member: SharedMember, part: object): void {
    const variants = this.variants[member];
    if (variants.length >= MAX_VARIANTS) variants.shift();
    variants.push(part);
  }
}

/** A stored document may lack it altogether, as only what breaks a reader is checked. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Of values as JSON has them. */
function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!isAlike(a[i], b[i])) return false;
    return true;
  }
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  let members = 0;
  for (const key in one) {
    if (!isAlike(one[key], other[key])) return false;
    members++;
  }
  for (const _ in other) members--;
  return members === 0;
}
