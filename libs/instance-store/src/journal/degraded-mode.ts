import { MetricsRegistry } from '@app/platform';
import { RedisSettings } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../ports/store-errors.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { type FleetQuery, type FleetRead, FleetView, LONGEST_PAGE } from '../view/fleet-view.js';
import { StoreAvailability } from '../view/store-availability.js';
import { CommandJournal, JournalUnavailableError } from './command-journal.js';
import { isEnding, JOURNAL_KINDS, type JournalCommand } from './journal-entry.js';

/** A command, and the instance as it is shown while the command is carried out. */
export interface DegradedCommand {
  readonly command: JournalCommand;
  readonly shown: InstanceRecord;
}

/**
 * How commands are taken while the store is away: checked against the record as it is known, kept in the journal, and
 * shown as if they were written. Off without REDIS_ENABLE_FALLBACK.
 */
@Injectable()
export class DegradedMode {
  private readonly logger = new Logger('DegradedMode');
  /** REDIS_ENABLE_FALLBACK. */
  readonly isEnabled: boolean;
  private readonly taken: Counter<'kind'>;
  private hasTaken = false;

  constructor(
    private readonly journal: CommandJournal,
    private readonly fleet: FleetView,
    private readonly availability: StoreAvailability,
    registry: MetricsRegistry,
    settings: RedisSettings,
  ) {
    this.isEnabled = settings.REDIS_ENABLE_FALLBACK;
    this.taken = new Counter({
      name: 'novita_fleet_degraded_commands_total',
      help: 'Commands that were taken while Redis was away, by kind',
      labelNames: ['kind'],
      registers: [registry],
    });
    for (const kind of JOURNAL_KINDS) this.taken.inc({ kind }, 0);
    availability.subscribe((state) => {
      if (state === 'healthy') this.hasTaken = false;
    });
  }

  /** Whether commands are taken here and not in the store. */
  get isOn(): boolean {
    return this.isEnabled && this.availability.isAway;
  }

  /**
   * Runs a command in the store, or by `degraded` while the store is away or when it goes away at that moment: what
   * the store may have done then is done again by the replay, which changes nothing.
   */
  async either<Value>(inStore: () => Promise<Value>, degraded: () => Promise<Value>): Promise<Value> {
    if (this.isOn) return degraded();
    try {
      return await inStore();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || !this.isEnabled) throw error;
      this.availability.refused();
      try {
        return await degraded();
      } catch (journalError) {
        // A write that the store may have made must not be called undone.
        if (journalError instanceof StoreUnavailableError) throw error;
        throw journalError instanceof JournalUnavailableError && error instanceof WriteOutcomeUnknownError
          ? error
          : journalError;
      }
    }
  }

  /** Whether a stop or delete of it was taken here that the store does not know yet. */
  isEnding(ref: InstanceId | NovitaInstanceId): boolean {
    if (this.journal.size === 0) return false;
    return this.journal
      .entries()
      .filter(isEnding)
      .some(({ target }) => target.instanceId === ref || target.novitaInstanceId === ref);
  }

  /**
   * As it was known last.
   * @throws StoreUnavailableError for one that is not in memory: it may exist all the same
   */
  known(ref: InstanceId | NovitaInstanceId): InstanceRecord {
    const record = this.fleet.known(ref);
    if (record === null) throw notInMemory();
    return record;
  }

  /** Every known record of exactly this name. @throws StoreUnavailableError when there is none */
  async knownByName(name: string): Promise<readonly InstanceRecord[]> {
    const records = (await this.knownAll({ name })).filter((record) => record.name === name);
    if (records.length === 0) throw notInMemory();
    return records;
  }

  async knownAll(filter: Pick<FleetQuery, 'name' | 'statuses'>): Promise<readonly InstanceRecord[]> {
    const records: InstanceRecord[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.fleet.list({
        ...filter,
        limit: LONGEST_PAGE,
        sort: 'createdAt',
        ...(cursor !== null && { cursor }),
      });
      records.push(...page.instances.map(({ record }) => record));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return records;
  }

  /**
   * Takes commands: they are on disk, and shown, when it returns.
   * @returns the records as they are shown, in order
   * @throws JournalUnavailableError when they cannot be kept; nothing was taken then
   */
  async take(commands: readonly DegradedCommand[]): Promise<readonly InstanceRecord[]> {
    await this.keep(commands.map(({ command }) => command));
    return commands.map(({ shown }) => this.show(shown));
  }

  /** As `take`, for commands that change nothing that is shown. @throws JournalUnavailableError */
  async keep(commands: readonly JournalCommand[]): Promise<void> {
    await this.journal.append(commands);
    for (const { kind } of commands) this.taken.inc({ kind });
    if (this.hasTaken || commands.length === 0) return;
    this.hasTaken = true;
    this.logger.warn('Redis is away: stops, deletes, uses and leases are kept in the journal in DATA_DIR');
  }

  /** Shows a record in place of the known one. @returns it with the revision under which it is shown */
  show(record: InstanceRecord): InstanceRecord {
    const before = this.fleet.known(record.id);
    const shown = Object.freeze({ ...record, revision: Math.max(record.revision, (before?.revision ?? 0) + 1) });
    this.fleet.assume(shown);
    return shown;
  }

  /** As `show`, unless the known record is shown with the same desired state. */
  showDesired(record: InstanceRecord): void {
    if (this.fleet.known(record.id)?.desired.state !== record.desired.state) this.show(record);
  }

  /** How a record is answered with that is as it is known here. */
  async answer(record: InstanceRecord): Promise<FleetRead> {
    const { lastContact } = this.availability;
    return { record, lastUsedAt: await this.lastUse(record.id), behindSince: lastContact };
  }

  /** The latest use of an instance that is known. */
  async lastUse(id: InstanceId): Promise<FleetRead['lastUsedAt']> {
    try {
      return (await this.fleet.get(id))?.lastUsedAt ?? null;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }
}

function notInMemory(): StoreUnavailableError {
  return new StoreUnavailableError('the store does not answer, and this instance is not in memory');
}
