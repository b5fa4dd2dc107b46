import { NovitaInvalidRequestError } from '../novita.errors.js';
import { entriesOf, type RawPage } from './listing-tally.js';

/**
 * Which number the service gives to its first page, as far as earlier listings showed. Kept for each resource, since
 * Novita counts some lists from 0 and others from 1 and the documentation does not say which.
 */
export class PageOrigin {
  private startsAtOne = false;

  /** Only `true` saves a request: a listing that begins at 0 asks for what it needs anyway. */
  get knownToStartAtOne(): boolean {
    return this.startsAtOne;
  }

  learn(startsAtOne: boolean): void {
    this.startsAtOne = startsAtOne;
  }

  forget(): void {
    this.startsAtOne = false;
  }
}

export interface Beginning<Item> {
  /** The first pages, in order; one or two. */
  readonly pages: readonly RawPage<Item>[];
  /** The number under which the service has the page after them. */
  readonly nextNumber: number;
  /** Whether page 1 proved to be the first. */
  readonly startsAtOne: boolean;
}

/**
 * Finds the first page of a list whose numbering is not known. It asks for page 0 and, unless that held everything, for
 * page 1, and compares:
 *
 * | page 0            | page 1               | the service counts from           |
 * | ----------------- | -------------------- | --------------------------------- |
 * | holds everything  | not asked for        | does not matter                   |
 * | refused           | is the first         | 1                                 |
 * | empty             | has items            | 1                                 |
 * | empty             | empty                | does not matter: nothing is there |
 * | some              | mostly the same ones | 1, and takes 0 for 1              |
 * | some              | others               | 0                                 |
 *
 * At most one request is wasted, and none once the origin is known. A wrong guess (pages that drift in between) skips
 * or repeats a page, which makes the listing unclean by its count; it can never make it clean.
 * @param fetch asks for the page of that number
 */
export async function findBeginning<Item>(
  fetch: (pageNumber: number) => Promise<RawPage<Item>>,
  idOf: (item: Item) => string,
  origin: PageOrigin,
): Promise<Beginning<Item>> {
  if (origin.knownToStartAtOne) return { pages: [await fetch(1)], nextNumber: 2, startsAtOne: true };

  let zero: RawPage<Item>;
  try {
    zero = await fetch(0);
  } catch (error) {
    // Anything else (no right, no connection) says nothing of the numbering.
    if (!(error instanceof NovitaInvalidRequestError)) throw error;
    return { pages: [await fetch(1)], nextNumber: 2, startsAtOne: true };
  }
  if (entriesOf(zero) > 0 && entriesOf(zero) >= zero.total) return { pages: [zero], nextNumber: 1, startsAtOne: false };

  const one = await fetch(1);
  if (entriesOf(zero) === 0) {
    if (entriesOf(one) > 0) return { pages: [one], nextNumber: 2, startsAtOne: true };
    // Two empty pages of which one speaks of items must not pass for an empty list: its total makes it unclean.
    return { pages: [zero.total >= one.total ? zero : one], nextNumber: 2, startsAtOne: false };
  }
  if (mostlyTheSame(zero, one, idOf)) return { pages: [one], nextNumber: 2, startsAtOne: true };
  return { pages: [zero, one], nextNumber: 2, startsAtOne: false };
}

/** More than half: one instance made or deleted between the two requests shifts a page by one. */
function mostlyTheSame<Item>(one: RawPage<Item>, other: RawPage<Item>, idOf: (item: Item) => string): boolean {
  const ids = new Set(one.items.map(idOf));
  const shared = other.items.filter((item) => ids.has(idOf(item))).length;
  return shared * 2 > Math.min(one.items.length, other.items.length);
}
