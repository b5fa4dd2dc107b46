import type { SandboxTiming } from '../timing.js';
import type { Agenda } from './agenda.js';
import type { BillLedger } from './bill-ledger.js';
import type { ChangeJournal } from './change-journal.js';
import type { Course, Step } from './courses.js';
import type { Fleet } from './fleet.js';
import type { InstanceRecord } from './instance-record.js';
import type { Interference } from './interference.js';
import type { Jobs } from './jobs.js';
import type { SandboxClock } from './sandbox-clock.js';
import type { SandboxStatus } from './status.js';
import type { Stock } from './stock.js';

export interface TravelParts {
  readonly clock: SandboxClock;
  readonly agenda: Agenda;
  readonly timing: SandboxTiming;
  readonly journal: ChangeJournal;
  readonly bills: BillLedger;
  readonly fleet: Fleet;
  readonly stock: Stock;
  readonly jobs: Jobs;
  readonly interference: Interference;
}

/** Moves instances along their courses and does what entering a state brings with it. */
export class Travel {
  /** Those that a fault keeps in their state. */
  private readonly held = new Set<InstanceRecord>();

  constructor(private readonly parts: TravelParts) {}

  /**
   * Puts an instance on a course; one that it was on is given up. One that a fault holds in its present state stays
   * there, although the command is accepted, until the fault is cleared.
   */
  begin(record: InstanceRecord, steps: readonly Step[], jobId: string | null = null): void {
    this.giveUp(record);
    const course: Course = { steps, position: -1, jobId };
    record.course = course;
    this.leave(record, course, this.parts.clock.now());
  }

  /** Puts an instance into a state against every fault; it stays there until a command. */
  force(record: InstanceRecord, status: SandboxStatus, at: number): void {
    this.giveUp(record);
    record.course = { steps: [{ status, ms: 0 }], position: -1, jobId: null };
    this.advance(record, record.course, at);
  }

  /** Lets those go on that no fault holds any more. */
  release(): void {
    for (const record of this.held) {
      if (this.parts.interference.holds(record)) continue;
      this.held.delete(record);
      if (record.course !== null) this.advance(record, record.course, this.parts.clock.now());
    }
  }

  /** Ends the course where it stands. */
  giveUp(record: InstanceRecord): void {
    this.held.delete(record);
    const jobId = record.course?.jobId ?? null;
    if (jobId !== null) this.parts.jobs.finish(jobId, 'break');
    record.course = null;
  }

  drop(record: InstanceRecord, at: number): void {
    this.giveUp(record);
    this.giveStockBack(record);
    const realTime = this.parts.clock.realTimeOf(at);
    this.parts.journal.note(realTime, record.id, record.freeze());
    this.parts.bills.close(record.id, realTime);
    this.parts.fleet.drop(record);
  }

  private enter(record: InstanceRecord, course: Course, at: number): void {
    const step = course.steps[course.position];
    if (step === undefined) return;
    const realTime = this.parts.clock.realTimeOf(at);
    this.parts.journal.note(realTime, record.id, record.freeze());
    record.status = step.status;
    if (step.error !== undefined) record.statusError = step.error;
    this.parts.bills.note(record, realTime);
    this.arrive(record, at, realTime);
    if (course.position < course.steps.length - 1) {
      this.parts.agenda.add(at + step.ms, (due) => this.leave(record, course, due));
      return;
    }
    record.course = null;
    if (course.jobId !== null) {
      this.parts.jobs.finish(course.jobId, step.error === undefined ? 'success' : 'fail', step.error?.message);
    }
  }

  private leave(record: InstanceRecord, course: Course, at: number): void {
    if (record.course !== course) return;
    if (this.parts.interference.holds(record)) this.held.add(record);
    else this.advance(record, course, at);
  }

  private advance(record: InstanceRecord, course: Course, at: number): void {
    course.position++;
    this.enter(record, course, at);
  }

  private arrive(record: InstanceRecord, at: number, realTime: number): void {
    switch (record.status) {
      case 'running':
        record.statusError = null;
        record.lastStartedAt = realTime;
        record.portsOpenAt = at + this.parts.timing.portOpenMs;
        if (record.spec.billingMode === 'spot' && record.spotStatus !== 'notified') {
          record.spotStatus = 'running';
          record.spotReclaimAt = 0;
        }
        return;
      case 'exited':
        record.lastStoppedAt = realTime;
        this.giveStockBack(record);
        if (record.spotStatus !== 'terminated') {
          record.spotStatus = '';
          record.spotReclaimAt = 0;
        }
        return;
      case 'removed':
        this.giveStockBack(record);
        this.parts.agenda.add(at + this.parts.timing.removedVisibleMs, (due) => this.drop(record, due));
        return;
      case 'toCreate':
      case 'creating':
      case 'pulling':
      case 'toStart':
      case 'starting':
      case 'toStop':
      case 'stopping':
      case 'toRestart':
      case 'restarting':
      case 'toRemove':
      case 'removing':
      case 'toReset':
      case 'resetting':
      case 'migrating':
      case 'freezing':
        return;
    }
  }

  private giveStockBack(record: InstanceRecord): void {
    if (record.stockHeld === 0) return;
    this.parts.stock.giveBack(record.spec.productId, record.spec.clusterId, record.stockHeld);
    record.stockHeld = 0;
  }
}
