import { MINUTE_MS, SECOND_MS } from '@app/platform';
import type { ApiserverError } from '../client/apiserver-error.js';
import type { ReflectorState } from './reflector-sink.js';

/** What a reflector does at a time: get the full set in one of two ways, or follow what has changed since. */
export type Attempt = 'watch-list' | 'list' | 'watch';

/** Why the full set is needed. */
export type FullSetCause =
  | 'first'
  /** The cluster does not remember what has changed since. */
  | 'expired'
  /** Somebody asked for it. */
  | 'asked'
  /** What follows the version cannot be read, or is not accepted. */
  | 'unreadable'
  /** The cluster behaves as if the version were still to come: it went back to a backup. */
  | 'rewound';

/** Where a reflector stands between two attempts. */
export interface Standing {
  /** Up to which the sink has everything; null when the full set is needed. */
  readonly version: string | null;
  readonly cause: FullSetCause;
  /** In a row; a failure after a watch that was good is the first one again. */
  readonly failures: number;
  /** Failures in a row to get on from this version that leave in doubt whether there is a way on. */
  readonly doubts: number;
  readonly pageSize: number;
  /** The next full set comes page by page although the cluster offers a WatchList. */
  readonly avoidsWatchList: boolean;
  /** The server has sent bookmarks, so that a watch which had none all its life has heard nothing. */
  readonly knowsBookmarks: boolean;
}

/** How an attempt ended. */
export type Ending =
  | { readonly kind: 'listed'; readonly version: string }
  | (WatchCourse & { readonly kind: 'ended' })
  | Failure;

type Failure = WatchCourse & { readonly kind: 'failed'; readonly error: ApiserverError };

/** How an attempt went until it ended. */
interface WatchCourse {
  /** Up to which the sink has everything now. */
  readonly version: string | null;
  /** Since the watch was opened, or the list was begun; 0 when it never was. */
  readonly openMs: number;
  /** Whether it lasted for as long as it was asked to. */
  readonly isWholeLife: boolean;
  /** A WatchList that was held back on its way. */
  readonly isStalled: boolean;
  readonly hadLines: boolean;
  readonly hadBookmarks: boolean;
}

type WaitingReason = Extract<ReflectorState, { readonly phase: 'waiting' }>['reason'];

export interface Step {
  readonly standing: Standing;
  readonly waitMs: number;
  /** Why it waits; null when the next attempt follows at once. */
  readonly waiting: { readonly reason: WaitingReason; readonly error: string } | null;
  /** The cluster does not know how to send a WatchList. */
  readonly lacksWatchList: boolean;
}

const FIRST_BACK_OFF_MS = 800;
const LONGEST_BACK_OFF_MS = 30 * SECOND_MS;
const HEALTHY_MS = 2 * MINUTE_MS;
/** Only a person changes rights and kinds. */
const PATIENT_MS = MINUTE_MS;
/** A watch that ends within this time, with nothing in it, was not really opened. */
const STILLBORN_MS = SECOND_MS;
/** So often the same place is tried before the full set is the way on. */
const DOUBTS = 3;
/** A lagging server is waited for longer: about a minute and a half. */
const LAG_DOUBTS = 8;
/** Opened WatchLists that break off before their end, in a row, before pages are tried; of those that last, one. */
const BROKEN_WATCH_LISTS = 3;
const SMALLER_PAGE = 4;

export function firstStanding(pageSize: number): Standing {
  return {
    version: null,
    cause: 'first',
    failures: 0,
    doubts: 0,
    pageSize,
    avoidsWatchList: false,
    knowsBookmarks: false,
  };
}

/** The standing of a reflector that is to get the full set anew. */
export function withoutVersion(standing: Standing, cause: FullSetCause): Standing {
  // What was never had in full still is the first.
  return { ...standing, version: null, doubts: 0, cause: standing.version === null ? standing.cause : cause };
}

/** @param offersWatchList whether the cluster is believed to */
export function attemptOf(standing: Standing, offersWatchList: boolean): Attempt {
  if (standing.version !== null) return 'watch';
  return offersWatchList && !standing.avoidsWatchList ? 'watch-list' : 'list';
}

/**
 * What follows an attempt.
 *
 * @param standing before the attempt
 * @param random at least 0 and less than 1
 */
export function nextStep(standing: Standing, attempt: Attempt, ending: Ending, random: number): Step {
  switch (ending.kind) {
    case 'listed':
      return atOnce({
        ...standing,
        version: ending.version,
        doubts: 0,
        avoidsWatchList: false,
        // Old apiservers send a bookmark only to a watch in whose time something has changed: they are taken at their word once.
        knowsBookmarks: standing.knowsBookmarks && standing.cause !== 'rewound',
      });
    case 'ended':
      return afterEnd(afterCourse(standing, ending), ending, random);
    case 'failed':
      return afterFailure(afterCourse(standing, ending, ending.error), attempt, ending, random);
  }
}

function afterCourse(standing: Standing, course: WatchCourse, error: ApiserverError | null = null): Standing {
  const { version, hadBookmarks } = course;
  return {
    ...standing,
    version,
    failures: wasGood(standing, course, error) ? 0 : standing.failures,
    doubts: version === standing.version ? standing.doubts : 0,
    avoidsWatchList: standing.avoidsWatchList && version === null,
    knowsBookmarks: standing.knowsBookmarks || hadBookmarks,
  };
}

/** Whether the cluster was followed for two minutes, or got on however soon it was cut off: a proxy may cut off each watch. */
function wasGood(standing: Standing, { version, openMs }: WatchCourse, error: ApiserverError | null): boolean {
  // However long it took, a full set that did not come was none.
  if (version === null) return false;
  // To get on a little is not enough where each time all has to be read anew.
  return openMs >= HEALTHY_MS || (version !== standing.version && error?.kind !== 'gone');
}

/** The server ended the watch, as it does after the time that it was asked for. */
function afterEnd(standing: Standing, course: WatchCourse, random: number): Step {
  if (standing.version === null) {
    const message = 'the watch ended before it had sent the full set';
    return backOff({ ...standing, avoidsWatchList: true }, 'refused', { message }, random);
  }
  if (!course.hadLines && course.openMs < STILLBORN_MS) {
    return backOff(standing, 'refused', { message: 'the watch was ended as soon as it was open' }, random);
  }
  // A bookmark comes before the end of each watch. A version that is still to come hears nothing at all.
  const isDeaf = standing.knowsBookmarks && course.isWholeLife && !course.hadLines;
  return atOnce(isDeaf ? withoutVersion(standing, 'rewound') : standing);
}

function afterFailure(standing: Standing, attempt: Attempt, failure: Failure, random: number): Step {
  const { error } = failure;
  switch (error.kind) {
    case 'gone': {
      const step = backOff(withoutVersion(standing, 'expired'), 'refused', error, random);
      return step.standing.failures === 1 ? atOnce(step.standing) : step;
    }
    case 'invalid':
      if (attempt === 'watch-list') return { ...atOnce(standing), lacksWatchList: true };
      return backOff(inDoubt(standing, DOUBTS, 'unreadable'), 'refused', error, random);
    case 'malformed':
      return backOff(
        inDoubt(triedWatchList(standing, attempt, failure), DOUBTS, 'unreadable'),
        'refused',
        error,
        random,
      );
    case 'too-large-version':
      return backOff(inDoubt(standing, LAG_DOUBTS, 'rewound'), 'overloaded', error, random);
    case 'too-large-answer': {
      const pageSize = Math.max(1, Math.floor(standing.pageSize / SMALLER_PAGE));
      return standing.pageSize > 1 ? atOnce({ ...standing, pageSize }) : backOff(standing, 'refused', error, random);
    }
    case 'forbidden':
      // A server that has just started refuses for some seconds what it allows, until it has read who has which rights.
      if (standing.version !== null) return backOff(standing, 'forbidden', error, random);
      return waiting(standing, patientMs(random), 'forbidden', error.message);
    case 'absent':
      return waiting(standing, patientMs(random), 'absent', error.message);
    case 'unauthorized':
      return backOff(standing, 'unauthorized', error, random);
    case 'throttled':
      return backOff(standing, 'overloaded', error, random);
    case 'server':
      return backOff(
        triedWatchList(standing, attempt, failure),
        error.retryAfterMs === null ? 'refused' : 'overloaded',
        error,
        random,
      );
    case 'unreachable':
      return backOff(triedWatchList(standing, attempt, failure), 'unreachable', error, random);
  }
}

const patientMs = (random: number): number => PATIENT_MS * (0.9 + random / 5);

/** What can be wrong with the version itself is tried again some times; then the full set is the way on. */
function inDoubt(standing: Standing, limit: number, cause: FullSetCause): Standing {
  const doubts = standing.doubts + 1;
  return doubts < limit ? { ...standing, doubts } : withoutVersion(standing, cause);
}

/** A proxy may let lists through and break what is sent bit by bit. */
function triedWatchList(standing: Standing, attempt: Attempt, { openMs, isStalled }: WatchCourse): Standing {
  const isBroken = attempt === 'watch-list' && standing.version === null && openMs > 0;
  const isEnough = openMs >= HEALTHY_MS || standing.failures + 1 >= BROKEN_WATCH_LISTS;
  return isStalled || (isBroken && isEnough) ? { ...standing, avoidsWatchList: true } : standing;
}

function atOnce(standing: Standing): Step {
  return { standing, waitMs: 0, waiting: null, lacksWatchList: false };
}

function waiting(standing: Standing, waitMs: number, reason: WaitingReason, error: string): Step {
  return { standing, waitMs, waiting: { reason, error }, lacksWatchList: false };
}

/** Waits the longer the more failures there were in a row, and for as long at least as the server asks for. */
function backOff(
  standing: Standing,
  reason: WaitingReason,
  { message, retryAfterMs = null }: Pick<ApiserverError, 'message'> & Partial<Pick<ApiserverError, 'retryAfterMs'>>,
  random: number,
): Step {
  const failures = standing.failures + 1;
  const longest = Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), LONGEST_BACK_OFF_MS);
  // Half of it is by chance, so that those who failed together do not come back together.
  const waitMs = Math.max((longest * (1 + random)) / 2, (retryAfterMs ?? 0) * (1 + random / 4));
  return waiting({ ...standing, failures }, waitMs, reason, message);
}
