import type { InstanceRecord, NovitaInstanceId } from '@app/instance-store';
import { inBatches, sideBySide, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import { brake } from '../rules/brake.js';
import { judgeMissing } from '../rules/judge-missing.js';
import { mergeListed } from '../rules/merge-listed.js';
import { obsoleteAction } from '../rules/obsolete-action.js';
import { type InstanceLook, LOOKS_AT_ONCE, lookAt } from './instance-look.js';
import type { InstancePassResult } from './instance-pass.js';
import type { PassScene } from './pass-scene.js';

const BATCH = 200;

/** A clean listing that was read to its end. */
export interface CleanListing {
  /** Not later than when its first request went out. */
  readonly startedAt: Timestamp;
  readonly total: number;
  /** Made when they are asked for. */
  ids(): ReadonlySet<NovitaInstanceId>;
  /** How many of them have a live record. */
  readonly live: number;
}

interface Candidates {
  readonly ours: NovitaInstanceId[];
  readonly discovered: NovitaInstanceId[];
}

/**
 * What a clean listing lacks. A record ends only after its grace, past the brake, and when a GET has denied its
 * instance; in every other case it is left, and says since when it is missing.
 */
export class Absences {
  private readonly logger = new Logger('Sync');
  private readonly failures: string[] = [];
  private stillThere = 0;

  constructor(
    private readonly scene: PassScene,
    private readonly listing: CleanListing,
    private readonly onProgress: () => void,
  ) {}

  async settle(): Promise<InstancePassResult['held']> {
    const { records, digests, context, options, ledger } = this.scene;
    const { heldBefore } = context;
    const liveAll = await digests.count();
    if (liveAll === this.listing.live) return null;

    const missing = await this.missingIds();
    if (missing.size === 0) return null;
    const candidates = await this.judge(missing);
    if (!context.options.handleObsoleteInstances) {
      await this.leaveAll(
        [...candidates.ours, ...candidates.discovered],
        'missing instances are not handled in this run',
      );
      return heldBefore === null ? null : { summary: heldBefore.summary, ids: [...heldBefore.ids] };
    }

    const { discovered } = await records.counts();
    const { through, hold } = brake({
      missingOurs: candidates.ours,
      missingDiscovered: candidates.discovered,
      liveOurs: liveAll - discovered,
      liveAll,
      listedTotal: this.listing.total,
      percent: options.maxObsoletePercent,
      heldBefore: heldBefore === null ? null : { since: heldBefore.summary.since, ids: heldBefore.ids },
      force: context.options.forceSync,
      at: this.listing.startedAt,
    });
    if (hold !== null) await this.leaveAll(hold.ids, `held: ${hold.summary.reason}`);
    await this.confirmAll(through);
    if (this.stillThere > 0) ledger.remark(`${this.stillThere} missing from the listing are there all the same`);
    if (this.failures.length > 0) {
      ledger.remark(`${this.failures.length} absences could not be confirmed: ${this.failures[0]}`);
    }
    return hold;
  }

  private async missingIds(): Promise<ReadonlySet<NovitaInstanceId>> {
    const listed = this.listing.ids();
    const missing = new Set<NovitaInstanceId>();
    for await (const ids of this.scene.digests.scanNovitaIds(this.scene.context.signal)) {
      for (const id of ids) if (!listed.has(id)) missing.add(id);
    }
    return missing;
  }

  private async judge(missing: Iterable<NovitaInstanceId>): Promise<Candidates> {
    const candidates: Candidates = { ours: [], discovered: [] };
    for (const batch of inBatches(missing, BATCH)) {
      for (const record of await this.recordsOf(batch)) {
        const absence = judgeMissing(record, this.listing, this.scene.options.missingGraceMs);
        if (absence.kind === 'leave') this.left(record, absence.reason);
        if (absence.kind !== 'candidate' || record.novitaInstanceId === null) continue;
        (record.origin === 'discovered' ? candidates.discovered : candidates.ours).push(record.novitaInstanceId);
      }
      this.onProgress();
    }
    return candidates;
  }

  private async confirmAll(ids: readonly NovitaInstanceId[]): Promise<void> {
    const { context } = this.scene;
    for (const batch of inBatches(ids, BATCH)) {
      await sideBySide(await this.recordsOf(batch), LOOKS_AT_ONCE, async (record) => {
        const id = record.novitaInstanceId;
        if (id === null) return;
        await this.conclude(record, id, await lookAt(id, { ...this.scene, signal: context.signal }));
        this.onProgress();
      });
    }
  }

  private async conclude(record: InstanceRecord, id: NovitaInstanceId, look: InstanceLook): Promise<void> {
    switch (look.kind) {
      case 'denied':
        return this.end(record, id, look.at);
      case 'found':
        return this.noteFound(record, id, look);
      case 'failed':
        this.failures.push(look.error.message);
        return this.leave(record, `Novita could not be asked: ${look.error.message}`);
    }
  }

  /** Decides once more when somebody wrote in between, and then leaves it to the next run. */
  private async end(record: InstanceRecord, id: NovitaInstanceId, deniedAt: Timestamp): Promise<void> {
    const { records, writer, options } = this.scene;
    let current = record;
    for (let round = 0; round < 2; round++) {
      const absence = judgeMissing(current, this.listing, options.missingGraceMs);
      if (absence.kind === 'nothing' || current.novitaInstanceId !== id) return;
      if (absence.kind === 'leave') return this.left(current, absence.reason);
      const action = obsoleteAction(current, deniedAt, options.obsolete);
      if (action.kind === 'leave') return this.left(current, action.reason);
      if (action.kind === 'remove') {
        if (await writer.remove(current)) return this.ended('remove', current, action.reason);
      } else {
        const { next, reason } = action;
        const before = current;
        const written = await writer.change(before, (now) => (now === before ? { next, observedAt: deniedAt } : null));
        if (written !== null) return this.ended('mark-terminated', before, reason);
      }
      const fresh = await records.get(current.id);
      if (fresh === null) return;
      current = fresh.record;
    }
    this.left(current, 'it was changed by others meanwhile');
  }

  private async noteFound(
    record: InstanceRecord,
    id: NovitaInstanceId,
    look: Extract<InstanceLook, { kind: 'found' }>,
  ): Promise<void> {
    const { context, writer, ledger, clock } = this.scene;
    const sight = { at: look.at, source: 'get' as const, prices: await context.prices };
    const first = mergeListed(record, look.instance, sight, clock.now());
    // Missing from a clean listing, and removed by the word of the provider about this very instance.
    if (first.kind === 'gone') return this.end(record, id, look.at);
    this.stillThere += 1;
    this.left(record, `missing from the listing, yet Novita says ${look.instance.status}`);
    let wake = false;
    const written = await writer.change(record, (current) => {
      const merge = mergeListed(current, look.instance, sight, clock.now());
      if (merge.kind !== 'update') return null;
      wake = merge.wake;
      return { next: merge.next, observedAt: look.at };
    });
    if (written === null) return;
    ledger.alsoCount('updated');
    if (wake) await this.scene.wake([record.id]);
  }

  private async leaveAll(ids: readonly NovitaInstanceId[], reason: string): Promise<void> {
    for (const batch of inBatches(ids, BATCH)) {
      await Promise.all((await this.recordsOf(batch)).map((record) => this.leave(record, reason)));
      this.onProgress();
    }
  }

  /** Leaves one that should have been listed; its record says since when it was not, and is written once only. */
  private async leave(record: InstanceRecord, reason: string): Promise<void> {
    const { writer, options } = this.scene;
    this.left(record, reason);
    const { startedAt } = this.listing;
    await writer.change(record, (current) => {
      if (current.missingSince !== null) return null;
      if (judgeMissing(current, this.listing, options.missingGraceMs).kind !== 'candidate') return null;
      return { next: { ...current, missingSince: startedAt }, observedAt: startedAt };
    });
  }

  private left(record: InstanceRecord, reason: string): void {
    this.scene.ledger.enter('leave', () => this.named(record, reason));
  }

  private ended(kind: 'remove' | 'mark-terminated', record: InstanceRecord, reason: string): void {
    this.scene.ledger.enter(kind, () => this.named(record, reason));
    if (!this.scene.writer.writes) return;
    const text = kind === 'remove' ? 'Removed obsolete instance from Redis' : 'Marked obsolete instance as terminated';
    const { id, novitaInstanceId, status } = record;
    this.logger.log(text, { instanceId: id, novitaInstanceId, lastStatus: status, reason });
  }

  private named(record: InstanceRecord, reason: string) {
    const { id, novitaInstanceId, name } = record;
    return { instanceId: id, novitaInstanceId: novitaInstanceId ?? '', name, reason };
  }

  private async recordsOf(ids: readonly NovitaInstanceId[]): Promise<readonly InstanceRecord[]> {
    return (await this.scene.records.getManyByNovitaId(ids)).map(({ record }) => record);
  }
}
