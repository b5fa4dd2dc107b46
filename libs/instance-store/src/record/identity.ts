import type { Brand } from '@app/platform';

/** Ours: `ins_` and a ULID. */
export type InstanceId = Brand<string, 'InstanceId'>;
/** The provider's: 16 hexadecimal digits today; its form is not checked. */
export type NovitaInstanceId = Brand<string, 'NovitaInstanceId'>;

/** `-nf`, four characters of the fleet, ten of the instance: 17 in all. Older ones have two of the fleet. */
const MARKER = /^(.*)(-nf(?:([a-z0-9]{4})|[a-z0-9]{2})([0-9a-hjkmnp-tv-z]{10}))$/;
const RANDOM_LENGTH = 10;
const OURS = /^ins_[0-9A-HJKMNP-TV-Z]{26}$/;

export function isInstanceId(text: string): text is InstanceId {
  return OURS.test(text);
}

/**
 * Stands in the place of our id while the store, which alone knows it, has never been read: the provider's id, by which
 * every route finds the instance before and after.
 */
export function idWithoutStore(novitaId: NovitaInstanceId): InstanceId {
  return novitaId as string as InstanceId;
}

/** @param ulid 26 characters of Crockford base 32 */
export function instanceIdFromUlid(ulid: string): InstanceId {
  return `ins_${ulid}` as InstanceId;
}

/** The parts of an instance's name at the provider, which say who made it. */
export interface MarkedName {
  /** The user's own name. */
  readonly name: string;
  readonly marker: string;
  /** Null in a marker of the older form: its two characters were the same in many installations. */
  readonly fleetId: string | null;
}

/**
 * The suffix by which a lost create is found again. Names at the provider hold letters, digits and hyphens only.
 *
 * @param fleetId four characters, small letters or digits
 * @param ulid 26 characters; the last ten, all of its random part, go into the marker
 */
export function buildMarker(fleetId: string, ulid: string): string {
  return `-nf${fleetId}${ulid.slice(-RANDOM_LENGTH)}`.toLowerCase();
}

/** At most 217 of the 255 characters that the provider allows, since names have at most 200. */
export function nameAtProvider(name: string, marker: string): string {
  return name + marker;
}

/** @returns null for a name without a marker of ours, of whatever fleet */
export function parseMarkedName(nameAtProvider: string): MarkedName | null {
  const match = MARKER.exec(nameAtProvider);
  if (match === null) return null;
  const [, name, marker, fleetId = null] = match;
  if (name === undefined || marker === undefined) return null;
  return { name, marker, fleetId };
}

/** Whether this name at the provider carries exactly this marker. */
export function carriesMarker(nameAtProvider: string, marker: string): boolean {
  return parseMarkedName(nameAtProvider)?.marker === marker;
}
