import { LEDGER_KINDS, type LedgerEntry } from './ledger-entry.js';

/** Entries that are kept of one instance. */
export const LEDGER_LENGTH = 200;

const MAX_BY = 200;
const MAX_STATE = 40;
const MAX_REASON = 800;
/** In its JSON form. With the longest of all the rest, whose characters take up to three bytes, a line is below 2 kB. */
const MAX_REASON_BYTES = 1_000;

const KINDS: ReadonlySet<unknown> = new Set(LEDGER_KINDS);

/** The entry as it is kept: well-formed text on one line, and none of it longer than a ledger of 200 can bear. */
export function boundedEntry({ at, kind, by, from, to, reason }: LedgerEntry): LedgerEntry {
  return {
    at,
    kind,
    by: boundedText(by, MAX_BY),
    ...(from === undefined ? {} : { from: boundedText(from, MAX_STATE) }),
    ...(to === undefined ? {} : { to: boundedText(to, MAX_STATE) }),
    reason: boundedReason(reason),
  };
}

/** @returns one line of JSON, less than 2 kB */
export function ledgerLine(entry: LedgerEntry): string {
  return JSON.stringify(boundedEntry(entry));
}

/** @returns null for what this library did not write */
export function parseLedgerLine(line: string): LedgerEntry | null {
  try {
    const entry = JSON.parse(line) as LedgerEntry | null;
    return KINDS.has(entry?.kind) ? entry : null;
  } catch {
    return null;
  }
}

/** Who did something, of outside origin, on one line. */
export function boundedBy(by: string): string {
  return boundedText(by, MAX_BY);
}

export function boundedReason(reason: string): string {
  let text = boundedText(reason, MAX_REASON);
  // Cut by what the characters take, not by their number: one of them can take six bytes.
  while (Buffer.byteLength(JSON.stringify(text)) > MAX_REASON_BYTES) {
    text = boundedText(text, Math.floor(text.length * 0.8));
  }
  return text;
}

function boundedText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .toWellFormed()
    .trim();
}
