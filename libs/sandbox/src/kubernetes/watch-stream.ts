import type { ServerResponse } from 'node:http';
import { expiredVersion } from './api-status.js';
import type { FaultSubject, KubernetesFaults } from './faults.js';
import type { FaceKindRow } from './kinds.js';
import type { Change, ObjectLog } from './object-log.js';
import { type Rendering, renderBookmark, renderObject } from './rendering.js';
import type { Matcher } from './selectors.js';
import type { StoredObject } from './stored-object.js';

interface WatchRequest {
  readonly row: FaceKindRow;
  readonly rendering: Rendering;
  readonly matches: Matcher;
  /** From which version on; null to be shown what is there first. */
  readonly after: number | null;
  /** Whether what is there is shown first, and a bookmark says where that ends. */
  readonly marksInitial: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly subject: FaultSubject;
}

interface WatchSurroundings {
  readonly log: ObjectLog;
  readonly faults: KubernetesFaults;
  readonly bookmarkMs: number;
}

/** So long before a watch ends by itself it says how far it has come. */
const LAST_BOOKMARK_MS = 1_000;

type Initial = { readonly objects: readonly StoredObject[]; readonly version: number };

/**
 * One open watch. It reads the log where it stands, as fast as its reader takes it, so that a slow reader costs no memory;
 * one that falls behind what the log remembers is told so and ended.
 */
export class WatchStream {
  private initial: Initial | null = null;
  private initialIndex = 0;
  private position: number;
  private saidColumns = false;
  private isBlocked = false;
  private hasEnded = false;
  private readonly timers: readonly NodeJS.Timeout[];
  private readonly unfollow: () => void;

  constructor(
    private readonly response: ServerResponse,
    private readonly request: WatchRequest,
    private readonly around: WatchSurroundings,
  ) {
    const { log, bookmarkMs } = around;
    const { row, after, timeoutMs } = request;
    if (after === null) this.initial = { objects: log.list(row.kind).filter(request.matches), version: log.version };
    this.position = log.positionAfter(row.kind, after ?? log.version);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.timers = [
      setInterval(() => this.bookmark(), bookmarkMs),
      setTimeout(() => this.bookmark(), Math.max(0, timeoutMs - LAST_BOOKMARK_MS)),
      setTimeout(() => this.end(), timeoutMs),
    ];
    for (const timer of this.timers) timer.unref();
    this.unfollow = log.onChange((kind) => {
      if (kind === row.kind) this.pump();
    });
    response.on('drain', () => {
      this.isBlocked = false;
      this.pump();
    });
    response.on('close', () => this.release());
    if (this.isTooOld(after)) this.expire(after ?? 0);
    else this.pump();
  }

  /** Sends what is there to be sent. */
  pump(): void {
    while (this.canSend() && this.sendNext());
  }

  /** Ends it as a server does whose time for it is over. */
  end(): void {
    this.release();
    this.response.end();
  }

  /** Ends it as a server does that is gone. */
  destroy(): void {
    this.release();
    this.response.destroy();
  }

  private canSend(): boolean {
    const { faults } = this.around;
    return !this.hasEnded && !this.isBlocked && !faults.stands('stall', this.request.subject);
  }

  private sendNext(): boolean {
    if (this.initial !== null) return this.sendInitial(this.initial);
    const { log } = this.around;
    const change = log.changeAt(this.request.row.kind, this.position);
    if (change === null) return false;
    if (change === 'forgotten') {
      this.expire(0);
      return false;
    }
    this.position++;
    const type = this.typeOf(change);
    if (type !== null) this.sendObject(type, change.shown);
    return true;
  }

  private sendInitial({ objects, version }: Initial): boolean {
    const object = objects[this.initialIndex++];
    if (object !== undefined) {
      this.sendObject('ADDED', object);
      return true;
    }
    this.initial = null;
    if (this.request.marksInitial && this.request.bookmarks) this.sendBookmark(version, true);
    return true;
  }

  /** How a change looks through the selectors of the watch; null when it is out of sight. */
  private typeOf({ previous, current, version }: Change): 'ADDED' | 'MODIFIED' | 'DELETED' | null {
    const { matches, after } = this.request;
    // Asked for what comes after a version that is still to come.
    if (after !== null && version <= after) return null;
    const was = previous !== null && matches(previous);
    const is = current !== null && matches(current);
    if (was) return is ? 'MODIFIED' : 'DELETED';
    return is ? 'ADDED' : null;
  }

  private isTooOld(after: number | null): boolean {
    const { log, faults } = this.around;
    if (after === null) return false;
    return (
      after < log.oldestWatchable(this.request.row.kind) ||
      faults.strike('expired-watch-event', this.request.subject) !== null
    );
  }

  private expire(version: number): void {
    const { status } = expiredVersion(version, this.around.log.oldestWatchable(this.request.row.kind));
    this.write(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`);
    this.end();
  }

  private bookmark(): void {
    const { log } = this.around;
    if (!this.request.bookmarks || !this.canSend() || this.initial !== null) return;
    if (log.changeAt(this.request.row.kind, this.position) !== null) return;
    this.sendBookmark(Math.max(log.version, this.request.after ?? 0), false);
  }

  private sendBookmark(version: number, isEndOfInitial: boolean): void {
    const { row, rendering, subject } = this.request;
    if (!isEndOfInitial && this.around.faults.stands('no-bookmarks', subject)) return;
    this.write(`{"type":"BOOKMARK","object":${renderBookmark(row, version, rendering, isEndOfInitial)}}\n`);
  }

  private sendObject(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: StoredObject): void {
    const { row, rendering, subject } = this.request;
    const { faults } = this.around;
    const line = `{"type":"${type}","object":${renderObject(row, object, rendering, Date.now(), !this.saidColumns)}}\n`;
    this.saidColumns = true;
    if (faults.strike('cut', subject) !== null) {
      this.release();
      this.response.write(line.slice(0, line.length / 2), () => this.response.destroy());
      return;
    }
    if (faults.strike('broken-line', subject) !== null) this.write(`${line.slice(0, line.length / 2)}\n`);
    else this.write(line);
  }

  private write(line: string): void {
    if (!this.response.write(line)) this.isBlocked = true;
  }

  private release(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.unfollow();
  }
}
