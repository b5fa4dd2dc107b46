import { type InstanceRecord, type MarkedName, parseMarkedName } from '@app/instance-store';
import { type NovitaInstance, phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import { isDue } from './merge-listed.js';

/** What becomes of a listed instance that no live record has. */
export type Placement =
  /** A record of origin `discovered`. */
  | { readonly kind: 'import'; readonly reason: string }
  /** Ours, and its record is lost. Only once a GET has found it. */
  | { readonly kind: 'adopt-new'; readonly marked: MarkedName }
  /** A create of ours whose answer is not known yet has made it: the life cycle adopts it. */
  | { readonly kind: 'wake'; readonly record: InstanceRecord }
  /** Its record says that it is gone. Only once a GET has found it. */
  | { readonly kind: 'revive'; readonly record: InstanceRecord }
  | { readonly kind: 'ignore'; readonly reason: string };

export interface PlacementContext {
  readonly fleetId: string;
  readonly sight: { readonly at: Timestamp };
  /** For so long after its end an instance may show in listings. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * @param known the record with this provider's id, and the one with the marker in its name, when there is one
 */
export function placeListed(
  item: NovitaInstance,
  known: { readonly byId: InstanceRecord | null; readonly byMarker: InstanceRecord | null },
  context: PlacementContext,
): Placement {
  if (phaseOf(item.status) === 'gone') return { kind: 'ignore', reason: 'Novita says that it has been removed' };
  if (known.byId !== null) {
    return isEnded(known.byId)
      ? afterTheEnd(known.byId, context)
      : { kind: 'ignore', reason: 'it has a record by now' };
  }
  const { byMarker } = known;
  if (byMarker === null) {
    const marked = markedByUs(item.name, context.fleetId);
    return marked === null ? { kind: 'import', reason: 'made elsewhere' } : { kind: 'adopt-new', marked };
  }
  if (isEnded(byMarker)) return afterTheEnd(byMarker, context);
  if (byMarker.novitaInstanceId !== null) {
    return { kind: 'import', reason: `${byMarker.id} carries the same marker and keeps another instance` };
  }
  if (isDue(byMarker, context.now)) return { kind: 'ignore', reason: 'the life cycle is to look for it already' };
  return { kind: 'wake', record: byMarker };
}

/** The marker in a name at the provider, if it is one of this fleet. */
export function markedByUs(nameAtProvider: string, fleetId: string): MarkedName | null {
  const marked = parseMarkedName(nameAtProvider);
  return marked?.fleetId === fleetId ? marked : null;
}

/**
 * The marker in a name at the provider by which a record of this fleet may be found. One of the older form names no
 * fleet for certain: it is ours when a record has it, and never on its own.
 */
export function recordMarkerIn(nameAtProvider: string, fleetId: string): string | null {
  const marked = parseMarkedName(nameAtProvider);
  return marked !== null && (marked.fleetId === fleetId || marked.fleetId === null) ? marked.marker : null;
}

function isEnded({ status }: InstanceRecord): boolean {
  return status === 'terminated';
}

/** A listing that began before the end, or soon after it, may show what was there before it. */
function afterTheEnd(record: InstanceRecord, { sight, graceMs }: PlacementContext): Placement {
  const ended = record.timestamps.terminated ?? record.confirmedAt ?? record.desired.at;
  if (msFromTimestamp(sight.at) >= msFromTimestamp(ended) + graceMs) return { kind: 'revive', record };
  return { kind: 'ignore', reason: `it was found gone at ${ended}, which this listing may not know` };
}
