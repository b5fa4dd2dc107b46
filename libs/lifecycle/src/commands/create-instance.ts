import { type InstanceRecord, InstanceStore, instanceIdFromUlid, type StoredInstance } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, IdGenerator, msFromTimestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { Caller, CreateInstanceRequest } from '../instance-commands.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { newRecord } from './new-record.js';
import { repeatableUlid } from './repeatable-ulid.js';
import { CreateOptions, CreateResolver } from './resolve-create.js';

/** Two ids that agree in fifty random bits do not happen three times in a row. */
const MAX_IDS = 3;
/** As long as an idempotency key holds; after it the same key is a new request. */
const REPEAT_MS = 24 * 3_600_000;

@Injectable()
export class CreateInstance {
  private readonly logger = new Logger(CreateInstance.name);

  constructor(
    private readonly resolver: CreateResolver,
    private readonly store: InstanceStore,
    private readonly requests: ReconcileRequests,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
    private readonly options: CreateOptions,
    private readonly lifecycle: LifecycleOptions,
  ) {}

  async create(request: CreateInstanceRequest, { keyName }: Caller, repeatKey?: string): Promise<StoredInstance> {
    // Before the offer is looked for: our own purchase may have taken the last one in stock.
    const earlier = repeatKey === undefined ? null : await this.findCreated(repeatKey);
    if (earlier !== null) return earlier;
    const resolved = await this.resolver.resolve(request);
    const stored = await this.insert(repeatKey, (ulid) =>
      newRecord(
        request,
        resolved,
        { ulid, fleetId: this.options.fleetId, by: `user:${keyName}` },
        this.clock.now(),
        this.lifecycle.policy,
      ),
    );
    const { id, name, marker, spec } = stored.record;
    const { productName, region } = spec;
    this.logger.log('create accepted', { instanceId: id, name, marker, productName, region, by: keyName });
    await this.requests.now([id]);
    return stored;
  }

  /** Looks at the days next to this one too: a repeat may cross midnight, and clocks of two processes differ. */
  async findCreated(repeatKey: string): Promise<StoredInstance | null> {
    const today = this.day();
    const ids = [today, today - 1, today + 1].map((day) => instanceIdFromUlid(ulidOf(repeatKey, day)));
    const found = await this.store.getMany(ids);
    return found.find(({ record }) => this.isWithinADay(record)) ?? null;
  }

  /** With a key to repeat by, the id follows from the key and the day, so that the insert itself tells a repeat. */
  private async insert(
    repeatKey: string | undefined,
    build: (ulid: string) => ReturnType<typeof newRecord>,
  ): Promise<StoredInstance> {
    for (let round = 0; round < MAX_IDS; round++) {
      const record = build(repeatKey === undefined ? this.ids.ulid() : ulidOf(repeatKey, this.day()));
      const result = await this.store.insert(record);
      if (result.outcome === 'inserted') return result.stored;
      const { current } = result;
      if (repeatKey !== undefined && current.record.id === record.id) return current;
    }
    throw new Error(`${MAX_IDS} new ids in a row were taken`);
  }

  private isWithinADay({ timestamps }: InstanceRecord): boolean {
    return this.clock.now() - msFromTimestamp(timestamps.created) < REPEAT_MS;
  }

  /** Days since 1970, of UTC. */
  private day(): number {
    return Math.floor(this.clock.now() / REPEAT_MS);
  }
}

function ulidOf(repeatKey: string, day: number): string {
  return repeatableUlid(`${repeatKey} ${day}`);
}
