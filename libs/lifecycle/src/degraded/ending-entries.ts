import {
  CommandJournal,
  type EndingEntry,
  type EndingObservation,
  FleetView,
  type InstanceId,
  type InstanceRecord,
  isEnding,
} from '@app/instance-store';
import { Injectable, Logger } from '@nestjs/common';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { mergeEnding } from './merge-ending.js';

/** A stop or delete of the journal, and the record under the desired state that it asks for. */
interface DueEnding {
  readonly record: InstanceRecord;
  readonly entry: EndingEntry;
}

/** The stops and deletes of the journal: which of them are still to be carried out, and which are settled. */
@Injectable()
export class EndingEntries {
  private readonly logger = new Logger('EndingLoop');
  private readonly settled = new Set<string>();

  constructor(
    private readonly journal: CommandJournal,
    private readonly fleet: FleetView,
    private readonly options: LifecycleOptions,
  ) {}

  isSettled(entryId: string): boolean {
    return this.settled.has(entryId);
  }

  /** Whether it stands in the journal. */
  isOpen({ id }: EndingEntry): boolean {
    return this.journal.has(id);
  }

  /**
   * The instances that are to be ended now; settles those that something newer has overtaken.
   * @param entries in the order in which they were asked for
   */
  toCarryOut(entries: readonly EndingEntry[]): readonly DueEnding[] {
    return this.newestOfEach(entries).flatMap((entry) => this.due(entry) ?? []);
  }

  private due(entry: EndingEntry): DueEnding | null {
    const known = this.known(entry);
    // An observation of this process or of the one before it says more than what is shown.
    if (entry.observed?.startedAgainAt !== undefined) {
      this.settle(entry);
      return null;
    }
    const merge = mergeEnding(known ?? entry.record, entry, this.options.policy);
    switch (merge.kind) {
      case 'applies':
        return { record: merge.record, entry };
      case 'is-so':
        return { record: known ?? entry.record, entry };
      case 'not-ours':
        // The store has lost its record, and what a sync has imported since is nobody's: the command was for ours.
        return { record: entry.record, entry };
      case 'gone':
      case 'superseded':
      case 'started-again':
        this.settle(entry);
        return null;
      case 'busy':
        return null;
    }
  }

  /** The newest entry for each instance says all; a stop does not take a delete back. */
  private newestOfEach(entries: readonly EndingEntry[]): readonly EndingEntry[] {
    const newest = new Map<InstanceId, EndingEntry>();
    for (const entry of entries) {
      if (this.settled.has(entry.id)) continue;
      const id = this.known(entry)?.id ?? entry.target.instanceId;
      if (newest.get(id)?.kind !== 'delete' || entry.kind === 'delete') newest.set(id, entry);
    }
    return [...newest.values()];
  }

  private known({ target: { instanceId, novitaInstanceId } }: EndingEntry): InstanceRecord | null {
    return this.fleet.known(instanceId) ?? (novitaInstanceId === null ? null : this.fleet.known(novitaInstanceId));
  }

  /** With it what was asked for before of the same instance. @returns those that stand in the journal */
  settle(entry: EndingEntry): readonly EndingEntry[] {
    const { instanceId, novitaInstanceId } = entry.target;
    const settled = this.journal
      .entries()
      .filter(isEnding)
      .filter(
        ({ target, at }) =>
          at <= entry.at &&
          (target.instanceId === instanceId ||
            (novitaInstanceId !== null && target.novitaInstanceId === novitaInstanceId)),
      );
    // A repeat that was replaced by a later one is not in the journal any more.
    for (const { id } of [entry, ...settled]) this.settled.add(id);
    return settled;
  }

  /** Keeps in the journal what was observed, so that a process which takes it over knows it. */
  async keepObservation(entry: EndingEntry, observed: EndingObservation): Promise<void> {
    const concerned = observed.startedAgainAt === undefined ? [entry] : this.settle(entry);
    try {
      await Promise.all(concerned.map(({ id }) => this.journal.observe(id, observed)));
    } catch (error) {
      this.logger.warn('what was observed of an instance could not be kept in the journal', {
        instanceId: entry.target.instanceId,
        err: error,
      });
    }
  }
}
