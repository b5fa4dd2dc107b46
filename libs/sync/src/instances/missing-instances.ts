import type { InstanceRecord, NovitaInstanceId } from '@app/instance-store';
import { inBatches, sideBySide, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { InstancePolicy } from '../model/run-options.js';
import type { HeldListing, SyncOptions } from '../model/sync-run.js';
import { mergeListed } from '../reconcile/merge.js';
import { judgeMissing, massRemovalGuard, obsoleteAction } from '../reconcile/missing.js';
import { GETS_AT_ONCE, type InstanceObservation, type PassObserver } from './pass-observer.js';
import type { ChangeLog, PassRecords } from './pass-records.js';

const BATCH = 200;

/** A clean listing that was read to its end. */
export interface CleanListing {
  /** Not later than when its first request went out. */
  readonly startedAt: Timestamp;
  readonly total: number;
  /** The number of listed instances that have a live record. */
  readonly live: number;
  /** Collected on demand. */
  ids(): ReadonlySet<NovitaInstanceId>;
}

/** The rules of one run for missing instances. */
interface MissingRules {
  readonly options: Pick<SyncOptions, 'forceSync' | 'handleObsoleteInstances'>;
  /** The listing that an earlier run held; null for none. */
  readonly heldBefore: HeldListing | null;
  readonly onProgress: () => void;
}

interface Candidates {
  readonly ours: NovitaInstanceId[];
  readonly discovered: NovitaInstanceId[];
}

/**
 * The instances that a clean listing lacks. A record ends only after its grace, past the mass-removal guard, and when a
 * GET has denied its instance. In every other case the record stays, and says since when its instance is missing. The
 * rules are in `reconcile/missing.ts`.
 */
export class MissingInstances {
  private readonly logger = new Logger('Sync');
  private readonly failures: string[] = [];
  private stillThere = 0;

  constructor(
    private readonly records: PassRecords,
    private readonly observer: PassObserver,
    private readonly log: ChangeLog,
    private readonly policy: InstancePolicy,
    private readonly listing: CleanListing,
  ) {}

  /** @returns the listing that is held from now on; null for none */
  async settle({ options, heldBefore, onProgress }: MissingRules): Promise<HeldListing | null> {
    const liveAll = await this.records.countLive();
    if (liveAll === this.listing.live) return null;

    const missing = await this.missingIds();
    if (missing.size === 0) return null;
    const candidates = await this.judge(missing, onProgress);
    if (!options.handleObsoleteInstances) {
      const all = [...candidates.ours, ...candidates.discovered];
      await this.leaveAll(all, 'missing instances are not handled in this run', onProgress);
      return heldBefore;
    }

    const { through, hold } = massRemovalGuard({
      missingOurs: candidates.ours,
      missingDiscovered: candidates.discovered,
      liveOurs: liveAll - (await this.records.countDiscovered()),
      liveAll,
      listedTotal: this.listing.total,
      percent: this.policy.maxObsoletePercent,
      heldBefore: heldBefore === null ? null : { since: heldBefore.summary.since, ids: new Set(heldBefore.ids) },
      force: options.forceSync,
      at: this.listing.startedAt,
    });
    if (hold !== null) await this.leaveAll(hold.ids, `held: ${hold.summary.reason}`, onProgress);
    await this.confirmAll(through, onProgress);
    if (this.stillThere > 0) this.log.remark(`${this.stillThere} missing from the listing are there all the same`);
    if (this.failures.length > 0) {
      this.log.remark(`${this.failures.length} missing instances could not be confirmed: ${this.failures[0]}`);
    }
    return hold;
  }

  private async missingIds(): Promise<ReadonlySet<NovitaInstanceId>> {
    const listed = this.listing.ids();
    const missing = new Set<NovitaInstanceId>();
    for await (const ids of this.records.scanLive(this.observer.signal)) {
      for (const id of ids) if (!listed.has(id)) missing.add(id);
    }
    return missing;
  }

  private async judge(missing: Iterable<NovitaInstanceId>, onProgress: () => void): Promise<Candidates> {
    const candidates: Candidates = { ours: [], discovered: [] };
    for (const batch of inBatches(missing, BATCH)) {
      for (const record of await this.records.byNovitaIds(batch)) {
        const absence = judgeMissing(record, this.listing, this.policy.missingGraceMs);
        if (absence.kind === 'leave') this.logLeft(record, absence.reason);
        if (absence.kind !== 'candidate' || record.novitaInstanceId === null) continue;
        (record.origin === 'discovered' ? candidates.discovered : candidates.ours).push(record.novitaInstanceId);
      }
      onProgress();
    }
    return candidates;
  }

  private async confirmAll(ids: readonly NovitaInstanceId[], onProgress: () => void): Promise<void> {
    for (const batch of inBatches(ids, BATCH)) {
      await sideBySide(await this.records.byNovitaIds(batch), GETS_AT_ONCE, async (record) => {
        const id = record.novitaInstanceId;
        if (id === null) return;
        await this.conclude(record, id, await this.observer.observe(id));
        onProgress();
      });
    }
  }

  private async conclude(record: InstanceRecord, id: NovitaInstanceId, observed: InstanceObservation): Promise<void> {
    switch (observed.kind) {
      case 'denied':
        return this.end(record, id, observed.at);
      case 'found':
        return this.keep(record, id, observed);
      case 'failed':
        this.failures.push(observed.error.message);
        return this.leave(record, `Novita could not be asked: ${observed.error.message}`);
    }
  }

  /** Ends the record. Decides once more when somebody wrote in between, and then leaves it to the next run. */
  private async end(record: InstanceRecord, id: NovitaInstanceId, deniedAt: Timestamp): Promise<void> {
    let current = record;
    for (let round = 0; round < 2; round++) {
      const absence = judgeMissing(current, this.listing, this.policy.missingGraceMs);
      if (absence.kind === 'nothing' || current.novitaInstanceId !== id) return;
      if (absence.kind === 'leave') return this.logLeft(current, absence.reason);
      const action = obsoleteAction(current, deniedAt, this.policy.obsolete);
      if (action.kind === 'leave') return this.logLeft(current, action.reason);
      if (action.kind === 'remove') {
        if (await this.records.remove(current)) return this.logEnded('remove', current, action.reason);
      } else {
        const { next, reason } = action;
        const before = current;
        const written = await this.records.change(before, (now) =>
          now === before ? { next, observedAt: deniedAt } : null,
        );
        if (written !== null) return this.logEnded('mark-terminated', before, reason);
      }
      const fresh = await this.records.get(current.id);
      if (fresh === null) return;
      current = fresh;
    }
    this.logLeft(current, 'it was changed by others meanwhile');
  }

  /** The listing lacked an instance that a GET finds: its record stays, with what the GET shows. */
  private async keep(
    record: InstanceRecord,
    id: NovitaInstanceId,
    { instance, at }: Extract<InstanceObservation, { kind: 'found' }>,
  ): Promise<void> {
    const observation = await this.observer.observation('get', at);
    const mergeInto = (current: InstanceRecord) => mergeListed(current, instance, observation, this.observer.now());
    // Missing from a clean listing, and the provider itself says that this very instance has been removed.
    if (mergeInto(record).kind === 'gone') return this.end(record, id, at);
    this.stillThere += 1;
    this.logLeft(record, `missing from the listing, yet Novita says ${instance.status}`);
    let wake = false;
    const written = await this.records.change(record, (current) => {
      const merge = mergeInto(current);
      if (merge.kind !== 'update') return null;
      wake = merge.wake;
      return { next: merge.next, observedAt: at };
    });
    if (written === null) return;
    this.log.alsoCount('updated');
    if (wake) await this.records.wake([record.id]);
  }

  private async leaveAll(ids: readonly NovitaInstanceId[], reason: string, onProgress: () => void): Promise<void> {
    for (const batch of inBatches(ids, BATCH)) {
      await Promise.all((await this.records.byNovitaIds(batch)).map((record) => this.leave(record, reason)));
      onProgress();
    }
  }

  /** Leaves a record whose instance should have been listed. The record says since when it was not; written once. */
  private async leave(record: InstanceRecord, reason: string): Promise<void> {
    this.logLeft(record, reason);
    const { startedAt } = this.listing;
    await this.records.change(record, (current) => {
      if (current.missingSince !== null) return null;
      if (judgeMissing(current, this.listing, this.policy.missingGraceMs).kind !== 'candidate') return null;
      return { next: { ...current, missingSince: startedAt }, observedAt: startedAt };
    });
  }

  private logLeft(record: InstanceRecord, reason: string): void {
    this.log.enter('leave', () => describe(record, reason));
  }

  private logEnded(kind: 'remove' | 'mark-terminated', record: InstanceRecord, reason: string): void {
    this.log.enter(kind, () => describe(record, reason));
    if (!this.records.writes) return;
    const text = kind === 'remove' ? 'Removed obsolete instance from Redis' : 'Marked obsolete instance as terminated';
    const { id, novitaInstanceId, status } = record;
    this.logger.log(text, { instanceId: id, novitaInstanceId, lastStatus: status, reason });
  }
}

function describe({ id, novitaInstanceId, name }: InstanceRecord, reason: string) {
  return { instanceId: id, novitaInstanceId: novitaInstanceId ?? '', name, reason };
}
