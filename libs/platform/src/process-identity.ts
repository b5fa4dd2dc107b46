import { hostname } from 'node:os';

/** Who this process is, for others to read: in locks, and wherever one process of several has to be named. */
export class ProcessIdentity {
  /** @param processName `api`, `worker`, `standalone` */
  constructor(
    readonly processName: string,
    readonly host: string = hostname(),
    readonly pid: number = process.pid,
  ) {}

  /** `worker on node-3, pid 17`. */
  toString(): string {
    return `${this.processName} on ${this.host}, pid ${this.pid}`;
  }
}
