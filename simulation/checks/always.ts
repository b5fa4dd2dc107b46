import { type ChangeType, type InstanceRecord, parseMarkedName } from '@app/instance-store';
import { MINUTE_MS, msFromTimestamp } from '@app/platform';
import type { SandboxInstance, WorldView } from '@app/sandbox';
import type { Acknowledged, Kept } from '../plan/clients.js';
import type { SimProcess } from '../processes/process.js';
import { mayBill } from '../world/novita-world.js';
import type { Sayings } from '../world/said.js';
import { Violation } from './violation.js';

const DOWN: ReadonlySet<string> = new Set(['exited', 'removed', 'denied']);
const GONE: ReadonlySet<string> = new Set(['removed', 'denied']);
const UP: ReadonlySet<string> = new Set(['running']);
/** Of two clocks that read the same time one after the other. */
const SLACK_MS = 1_000;

/** What there is at Novita, and what it has said. */
export interface Witness {
  readonly view: Pick<WorldView, 'instances'>;
  readonly sayings: Pick<Sayings, 'hasSaid' | 'of'>;
}

/** What may never be, not for a moment: checked at every write of a record and at every call that Novita carries out. */
export class AlwaysChecks<Process = SimProcess> {
  /** Markers of which a person has an instance running, by hand at the console. */
  private readonly excused = new Set<string>();

  constructor(
    private readonly world: Witness,
    private readonly clients: { readonly acknowledged: readonly Acknowledged<Process>[] },
    private readonly now: () => number,
    private readonly isTouchedByHand: (novitaId: string) => boolean,
    private readonly counts: (kept: Kept<Process>) => boolean,
    /** How long an instance may stand unused that says nothing of its own. */
    private readonly defaultThresholdMs: number,
  ) {}

  /** @throws Violation */
  recordWritten(_type: ChangeType, before: InstanceRecord | null, after: InstanceRecord | null): void {
    if (after === null || after.origin === 'discovered' || after === before) return;
    if (after.status !== before?.status) this.checkClaim(after);
    const isStop = after.desired.by === 'auto-stop' && after.desired.state === 'stopped';
    if (isStop && before !== null && before.desired.state === 'running') this.checkStop(before);
  }

  /** @throws Violation */
  callCarriedOut(operation: string): void {
    if (operation !== 'createInstance' && operation !== 'startInstance' && operation !== 'migrateInstance') return;
    const billing = new Map<string, SandboxInstance>();
    for (const instance of this.world.view.instances()) {
      const marker = parseMarkedName(instance.name)?.marker;
      if (marker === undefined || !mayBill(instance)) continue;
      if (this.isTouchedByHand(instance.id)) this.excused.add(marker);
      const other = billing.get(marker);
      if (other !== undefined && !this.excused.has(marker)) {
        throw new Violation(
          'no second purchase for one wish',
          `${instance.name} is ${other.id} (${other.status}) and ${instance.id} (${instance.status})`,
        );
      }
      billing.set(marker, instance);
    }
  }

  private checkClaim(record: InstanceRecord): void {
    switch (record.status) {
      case 'stopped':
        this.mustHaveSaid(record, DOWN, record.confirmedAt ?? record.observedAt);
        return;
      case 'terminated':
        this.mustHaveSaid(record, GONE, record.confirmedAt ?? record.observedAt);
        return;
      case 'ready':
        this.mustHaveSaid(record, UP, record.observedAt);
        return;
      case 'creating':
      case 'created':
      case 'starting':
      case 'running':
      case 'health_checking':
      case 'stopping':
      case 'restarting':
      case 'migrating':
      case 'deleting':
      case 'failed':
    }
  }

  private mustHaveSaid(
    { id, name, marker, status, novitaInstanceId }: InstanceRecord,
    words: ReadonlySet<string>,
    at: InstanceRecord['observedAt'],
  ): void {
    if (novitaInstanceId === null) {
      const made = this.world.view
        .instances()
        .find((one) => parseMarkedName(one.name)?.marker === marker && mayBill(one));
      if (made === undefined) return;
      throw new Violation(
        'nothing claimed that Novita did not say',
        `${name} is called ${status} without an instance, and ${made.id} is ${made.status}`,
      );
    }
    if (at !== null && this.world.sayings.hasSaid(novitaInstanceId, words, msFromTimestamp(at))) return;
    const said = this.world.sayings
      .of(novitaInstanceId)
      .slice(-3)
      .map(({ word, sentAtMs }) => `${word} ${new Date(sentAtMs).toISOString()}`);
    throw new Violation(
      'nothing claimed that Novita did not say',
      `${name} (${id}, ${novitaInstanceId}) is called ${status} as of ${at}; Novita said last: ${said.join(', ') || 'nothing'}`,
    );
  }

  private checkStop(before: InstanceRecord): void {
    const known = this.clients.acknowledged.find(({ id }) => id === before.id);
    if (known === undefined) return;
    const now = this.now();
    if (known.lease !== null && known.lease.untilMs > now + SLACK_MS && this.counts(known.lease)) {
      throw new Violation(
        'no stop of what was in use',
        `${known.name} has a lease for ${known.lease.untilMs - now} ms more`,
      );
    }
    const thresholdMs = this.thresholdMsOf(known);
    if (thresholdMs === null) return;
    const idleMs = now - Math.max(0, ...known.uses.filter(this.counts).map(({ atMs }) => atMs));
    if (idleMs >= thresholdMs - SLACK_MS) return;
    throw new Violation(
      'no stop of what was in use',
      `${known.name} was used ${Math.round(idleMs / 1_000)} s before its stop, and may be idle for ${thresholdMs / MINUTE_MS} min`,
    );
  }

  /** @returns null while nobody knows */
  private thresholdMsOf({ threshold }: Pick<Acknowledged, 'threshold'>): number | null {
    if (threshold === undefined) return null;
    return threshold === null ? this.defaultThresholdMs : threshold * MINUTE_MS;
  }
}
