import {
  type ApiError,
  badRequest,
  expiredVersion,
  forbidden,
  internalError,
  noSuchPath,
  unauthorized,
  versionTooLarge,
} from './api-status.js';
import { FACE_ROWS, type FaceKind } from './kinds.js';

export type FaceVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'discovery';

/** What a fault applies to. What is left out does not narrow it. */
export interface KubernetesFaultScope {
  readonly kind?: FaceKind;
  readonly verb?: FaceVerb;
  /** How often it strikes before it is used up; default without end. */
  readonly times?: number;
}

export type KubernetesFaultEffect =
  /** The body ends in the middle of a line and the socket is destroyed: of a watch at its next event, of a list half-way. */
  | { readonly effect: 'cut' }
  /** The next event of a watch is a line that is no JSON; the watch goes on. */
  | { readonly effect: 'broken-line' }
  /** The socket is destroyed before there is an answer. */
  | { readonly effect: 'reset' }
  /** A watch stays open and sends nothing; any other request is not answered. */
  | { readonly effect: 'stall' }
  /** Each answer comes so much later. */
  | { readonly effect: 'slow'; readonly ms: number }
  /** A page of a list after the first is answered 410, with a fresh token in it. */
  | { readonly effect: 'expired-continue' }
  /** A watch from a version is answered 410. */
  | { readonly effect: 'expired-watch' }
  /** A watch from a version is answered 200, and its first event is an ERROR with the 410: what apiservers do now. */
  | { readonly effect: 'expired-watch-event' }
  /** 429 in plain text, as the apiserver says it. */
  | { readonly effect: 'too-many-requests'; readonly retryAfterSeconds: number }
  | { readonly effect: 'internal-error' }
  /** 504, as for a version that the server has not got to yet. */
  | { readonly effect: 'version-too-large' }
  | { readonly effect: 'forbidden' }
  | { readonly effect: 'unauthorized' }
  /** 404, as of a cluster that has no such kind. */
  | { readonly effect: 'absent' }
  | { readonly effect: 'no-bookmarks' };

export type KubernetesFault = KubernetesFaultScope & KubernetesFaultEffect;
type FaultOf<Effect extends KubernetesFault['effect']> = Extract<KubernetesFault, { readonly effect: Effect }>;

export interface StandingKubernetesFault {
  readonly strikes: number;
  lift(): void;
}

/** What a fault may strike. */
export interface FaultSubject {
  readonly kind: FaceKind | null;
  readonly verb: FaceVerb;
  readonly namespace: string | null;
  /** Null for what is about no single object. */
  readonly name: string | null;
  /** Whether it is a watch from a version on. */
  readonly isResumed: boolean;
}

/** How a fault ends a request before it is looked at. */
type RequestFault =
  | { readonly end: 'reset' | 'stall' }
  | { readonly end: 'too-many-requests'; readonly retryAfterSeconds: number }
  | { readonly end: 'error'; readonly error: ApiError };

class ActiveFault implements StandingKubernetesFault {
  strikes = 0;

  constructor(
    readonly fault: KubernetesFault,
    private readonly remove: (fault: ActiveFault) => void,
  ) {}

  strike(): void {
    this.strikes++;
    if (this.strikes >= (this.fault.times ?? Number.POSITIVE_INFINITY)) this.lift();
  }

  lift(): void {
    this.remove(this);
  }
}

/** The faults that stand, and the answers to "does one strike here". */
export class KubernetesFaults {
  private standing: readonly ActiveFault[] = [];

  /** @param onLift is told when a fault ends, for what a stall holds back */
  constructor(private readonly onLift: () => void) {}

  /** @throws ApiError when it could never strike as it is meant */
  put(fault: KubernetesFault): StandingKubernetesFault {
    if (fault.times !== undefined && !(fault.times >= 1)) throw badRequest('times must be 1 or more');
    const active = new ActiveFault(fault, (ended) => {
      this.standing = this.standing.filter((one) => one !== ended);
      this.onLift();
    });
    this.standing = [...this.standing, active];
    return active;
  }

  /** The first fault of that effect that applies; it counts as having struck. */
  strike<Effect extends KubernetesFault['effect']>(effect: Effect, subject: FaultSubject): FaultOf<Effect> | null {
    for (const active of this.standing) {
      const { fault } = active;
      if (!isOf(effect, fault) || !applies(fault, subject)) continue;
      active.strike();
      return fault;
    }
    return null;
  }

  /** As `strike`, of what lasts: it is not used up by being asked. */
  stands(effect: KubernetesFault['effect'], subject: FaultSubject): boolean {
    return this.standing.some(({ fault }) => fault.effect === effect && applies(fault, subject));
  }

  delayMs(subject: FaultSubject): number {
    return this.strike('slow', subject)?.ms ?? 0;
  }

  /** How a fault ends this request; null when none does. */
  onRequest(subject: FaultSubject): RequestFault | null {
    if (this.standing.length === 0) return null;
    if (this.strike('reset', subject) !== null) return { end: 'reset' };
    if (subject.verb !== 'watch' && this.strike('stall', subject) !== null) return { end: 'stall' };
    const busy = this.strike('too-many-requests', subject);
    if (busy !== null) return { end: 'too-many-requests', retryAfterSeconds: busy.retryAfterSeconds };
    const error = this.errorOf(subject);
    return error === null ? null : { end: 'error', error };
  }

  private errorOf(subject: FaultSubject): ApiError | null {
    if (this.strike('unauthorized', subject) !== null) return unauthorized();
    if (this.strike('absent', subject) !== null) return noSuchPath();
    if (this.strike('internal-error', subject) !== null) return internalError('the sandbox was told to fail');
    if (subject.kind === null) return null;
    if (this.strike('forbidden', subject) !== null) {
      return forbidden(FACE_ROWS[subject.kind], subject.verb, subject.namespace, subject.name);
    }
    if (this.strike('version-too-large', subject) !== null) return versionTooLarge(Number.MAX_SAFE_INTEGER, 1);
    if (subject.isResumed && this.strike('expired-watch', subject) !== null) return expiredVersion(1, 2);
    return null;
  }
}

function isOf<Effect extends KubernetesFault['effect']>(
  effect: Effect,
  fault: KubernetesFault,
): fault is FaultOf<Effect> {
  return fault.effect === effect;
}

function applies({ kind, verb }: KubernetesFault, subject: FaultSubject): boolean {
  return (kind === undefined || kind === subject.kind) && (verb === undefined || verb === subject.verb);
}
