import { type InstanceSort, InvalidCursorError } from '../instance-store.port.js';

const CREATED_MEMBER = /^\d{15}ins_[0-9A-HJKMNP-TV-Z]{26}$/;
const NAME_MEMBER = /^[^]*\0\d{15}ins_[0-9A-HJKMNP-TV-Z]{26}$/;

const MEMBER_FORM: Record<InstanceSort, RegExp> = {
  createdAt: CREATED_MEMBER,
  '-createdAt': CREATED_MEMBER,
  name: NAME_MEMBER,
  '-name': NAME_MEMBER,
};

/** @param member the last index member that the page before has looked at */
export function encodeCursor(sort: InstanceSort, member: string): string {
  return Buffer.from(JSON.stringify([sort, member])).toString('base64url');
}

/**
 * @returns the index member after which the page begins
 * @throws InvalidCursorError for what `encodeCursor` did not make for this order
 */
export function decodeCursor(sort: InstanceSort, cursor: string): string {
  const content = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(content) || content.length !== 2) throw new InvalidCursorError('not a cursor');
  const [madeFor, member] = content as [unknown, unknown];
  if (madeFor !== sort) throw new InvalidCursorError(`the cursor was not made for sort=${sort}`);
  if (typeof member !== 'string' || !MEMBER_FORM[sort].test(member)) throw new InvalidCursorError('not a cursor');
  return member;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
