import type { Brand } from '@app/platform';

/** Ours: `ins_` and a ULID. */
export type InstanceId = Brand<string, 'InstanceId'>;
/** The provider's: 16 hexadecimal digits today; taken as it comes. */
export type NovitaInstanceId = Brand<string, 'NovitaInstanceId'>;

const OURS = /^ins_[0-9A-HJKMNP-TV-Z]{26}$/;

export function isInstanceId(text: string): text is InstanceId {
  return OURS.test(text);
}

/**
 * What stands in the place of our id while the store, which alone knows it, has never been read: the provider's id, by
 * which every route finds the instance before and after.
 */
export function idWithoutStore(novitaId: NovitaInstanceId): InstanceId {
  return novitaId as string as InstanceId;
}

/** @param ulid 26 characters of Crockford base 32 */
export function instanceIdFromUlid(ulid: string): InstanceId {
  return `ins_${ulid}` as InstanceId;
}
