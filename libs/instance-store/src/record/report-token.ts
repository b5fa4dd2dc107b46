import { hash, timingSafeEqual } from 'node:crypto';
import type { Timestamp } from '@app/platform';
import { type InstanceId, isInstanceId } from './identity.js';
import type { InstanceRecord, ReportToken } from './instance.js';

/*
 * The token of an instance: a key with which it reports its own use, `nft_<its id>_<64 hexadecimal digits>`. The record
 * holds hashes only, so that neither Redis nor a backup of it opens anything.
 */

/** Names of the environment variables in which an instance finds its token, and its own address in the API. */
export const TOKEN_VARIABLE = 'NOVITA_FLEET_TOKEN';
export const URL_VARIABLE = 'NOVITA_FLEET_URL';

/** Nothing was made for it yet; each machine that is bought gets a token. */
export const TOKEN_AT_CREATE: ReportToken = { givenAtCreate: true, issuedAt: null, hashes: [] };

/**
 * Creates of unknown outcome may follow each other, and any of their machines may be the one that is adopted in the end.
 * No more of them is in doubt at a time.
 */
const MAX_HASHES = 4;
const FORM = /^nft_(ins_[0-9A-Z]{26})_([0-9a-f]{64})$/;

/** @param secret 64 hexadecimal digits that nobody can guess */
export function instanceToken(id: InstanceId, secret: string): string {
  return `nft_${id}_${secret}`;
}

/** The instance whose token a presented key claims to be; null for a key of another form. */
export function instanceOfToken(presented: string): InstanceId | null {
  const id = FORM.exec(presented)?.[1];
  return id !== undefined && isInstanceId(id) ? id : null;
}

/** The record with one more accepted token, for a machine that is about to be bought. */
export function withFurtherToken(record: InstanceRecord, token: string, at: Timestamp): InstanceRecord {
  const { givenAtCreate, hashes } = record.reportToken ?? TOKEN_AT_CREATE;
  return {
    ...record,
    reportToken: { givenAtCreate, issuedAt: at, hashes: [...hashes, hashOf(token)].slice(-MAX_HASHES) },
  };
}

/** The record with this token in the place of all others. */
export function withOnlyToken(record: InstanceRecord, token: string, at: Timestamp): InstanceRecord {
  const givenAtCreate = record.reportToken?.givenAtCreate ?? false;
  return { ...record, reportToken: { givenAtCreate, issuedAt: at, hashes: [hashOf(token)] } };
}

/** Whether a presented key is a token of this instance, which ends with it. Takes as long for a wrong one as for a right one. */
export function acceptsToken({ reportToken, desired, status }: InstanceRecord, presented: string): boolean {
  const digest = hash('sha256', presented, 'buffer');
  let isRight = false;
  for (const held of reportToken?.hashes ?? []) {
    const other = Buffer.from(held, 'hex');
    if (other.length === digest.length && timingSafeEqual(other, digest)) isRight = true;
  }
  return isRight && status !== 'terminated' && desired.state !== 'deleted';
}

function hashOf(token: string): string {
  return hash('sha256', token, 'hex');
}
