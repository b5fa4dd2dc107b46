import type { Fault, FaultKind } from './fault.js';
import { FAULT_KINDS } from './fault-kinds.js';

/** What a call is about. */
export interface CallSubject {
  readonly operation: string;
  readonly instanceId: string | null;
  /** The instance's name, or the name that is asked for. */
  readonly name: string | null;
  /** The number of the page that is asked for; absent where no page is. */
  readonly page?: number;
}

/** A fault that has been added and not yet cleared or used up. */
export class ActiveFault {
  strikes = 0;
  /** For `rate-limit`: the second that is being counted, and the calls in it. */
  countedSecond = 0;
  callsInSecond = 0;

  /** @param hidden for `vanish`: what it hides */
  constructor(
    readonly id: string,
    readonly fault: Fault,
    readonly hidden: ReadonlySet<string>,
  ) {}

  get usedUp(): boolean {
    return this.fault.times !== undefined && this.strikes >= this.fault.times;
  }

  matches(subject: CallSubject): boolean {
    const { page } = this.fault;
    if (page !== undefined && page !== subject.page) return false;
    return this.matchesOperation(subject.operation) && this.matchesInstance(subject.instanceId, subject.name);
  }

  matchesInstance(instanceId: string | null, name: string | null): boolean {
    const { instanceId: wanted, nameContains } = this.fault;
    if (wanted !== undefined && wanted !== instanceId) return false;
    return nameContains === undefined || (name?.includes(nameContains) ?? false);
  }

  private matchesOperation(operation: string): boolean {
    const wanted = this.fault.operation ?? defaultOperation(this.fault);
    return wanted === '*' || wanted === operation;
  }
}

/** Faults of lists apply to the list of instances unless they name another operation. */
function defaultOperation(fault: Fault): string {
  const kind: FaultKind = fault.kind;
  const changesList = FAULT_KINDS[kind].family === 'list' || (fault.kind === 'malformed' && fault.body === 'item');
  return changesList ? 'listInstances' : '*';
}
