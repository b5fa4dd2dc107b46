import { AuditLog, FleetView, type InstanceId, type InstanceRecord } from '@app/instance-store';
import { type Caller, InstanceCommands } from '@app/lifecycle';
import { inBatches, msFromTimestamp, Problem, sideBySide, timestampFromMs } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { parseInstanceRef } from '../instances/read-instance.js';
import type { WatchdogActInput } from './watchdog.dto.js';

/** Commands under way at the same time. */
const SIDE_BY_SIDE = 25;
/** As many as the audit log takes at a time. */
const ENTERED_AT_ONCE = 200;

interface Taken {
  readonly act: WatchdogActInput;
  readonly record: InstanceRecord;
}

/** Brings what the watchdog did while no API answered into the records. All records are read at once. */
@Injectable()
export class TakeOver {
  private readonly logger = new Logger('Watchdog');

  constructor(
    private readonly fleet: FleetView,
    private readonly commands: InstanceCommands,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @returns instances that got the desired state that the watchdog has carried out
   * @throws FleetNotLoadedError, StoreUnavailableError
   */
  async of(acts: readonly WatchdogActInput[], caller: Caller): Promise<InstanceId[]> {
    if (acts.length === 0) return [];
    const ids = [...new Set(acts.map(({ id }) => parseInstanceRef(id)))];
    const { records } = await this.fleet.match({ ids });
    const byId = new Map<string, InstanceRecord>(records.map((record) => [record.id, record]));
    const known = acts.flatMap((act): Taken[] => {
      const record = byId.get(act.id);
      return record?.novitaInstanceId === act.novitaInstanceId ? [{ act, record }] : [];
    });
    await this.enter(
      known.filter(({ act }) => act.dryRun),
      caller,
    );
    const stops = latestOfEach(known.filter(isToBeTaken));
    const taken = await sideBySide(stops, SIDE_BY_SIDE, (stop) => this.stop(stop, caller));
    return stops.flatMap(({ record }, place) => (taken[place] === true ? [record.id] : []));
  }

  /** What was only said: whoever asks why an instance was not stopped finds it in its audit log. */
  private async enter(said: readonly Taken[], { keyName }: Caller): Promise<void> {
    const entries = said.map(({ act, record }) => {
      const at = timestampFromMs(Date.parse(act.at));
      const reason = `the watchdog would have stopped it, had it not run dry: no API answered, and its deadline was ${act.stopAt}`;
      return { id: record.id, entry: { at, kind: 'decision' as const, by: `user:${keyName}`, reason } };
    });
    for (const batch of inBatches(entries, ENTERED_AT_ONCE)) await this.audit.append(batch);
  }

  /** @returns whether the stop is the desired state by it */
  private async stop({ act, record }: Taken, caller: Caller): Promise<boolean> {
    const said = { instanceId: record.id, at: act.at };
    try {
      const { outcome } = await this.commands.run('stop', record.id, caller, { ifRevision: record.revision });
      this.logger.warn('a stop that the watchdog made while no API answered is taken over', { ...said, outcome });
      return outcome === 'accepted';
    } catch (error) {
      // One that cannot be taken over must not keep the others, and every later report, from it: the life cycle sees the stop itself.
      if (!(error instanceof Problem)) throw error;
      this.logger.warn('a stop that the watchdog made cannot be taken over', { ...said, code: error.type.code });
      return false;
    }
  }
}

/** Not when somebody has asked for another state since. */
function isToBeTaken({ act, record: { desired } }: Taken): boolean {
  return !act.dryRun && desired.state === 'running' && msFromTimestamp(desired.at) <= Date.parse(act.at);
}

/** An instance may have been stopped by several deadlines, and is taken over once. */
function latestOfEach(stops: readonly Taken[]): readonly Taken[] {
  const ordered = stops.toSorted((a, b) => Date.parse(a.act.at) - Date.parse(b.act.at));
  return [...new Map(ordered.map((stop) => [stop.record.id, stop])).values()];
}
