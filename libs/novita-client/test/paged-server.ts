import { NovitaInvalidRequestError } from '../src/novita.errors.js';
import type { RawPage } from '../src/resources/list-pages.js';

/** The ways in which a service may number the pages of a list. */
export const NUMBERINGS = ['from 0', 'from 1, 0 is the same', 'from 1, 0 is refused', 'from 1, 0 is empty'] as const;
export type Numbering = (typeof NUMBERINGS)[number];

/** A service with a list of ids in pages, which a test may change between two requests. */
export class PagedServer {
  readonly asked: number[] = [];
  /** Called before each request is served, with how many came before. */
  beforeServing: (served: number) => void = () => undefined;
  /** What it says the total is; null for the truth. */
  claimedTotal: number | null = null;

  constructor(
    readonly numbering: Numbering,
    readonly pageSize: number,
    public ids: string[],
  ) {}

  async page(number: number): Promise<RawPage<string>> {
    this.beforeServing(this.asked.length);
    this.asked.push(number);
    const total = this.claimedTotal ?? this.ids.length;
    const offset = this.offsetOf(number);
    const items = offset === null ? [] : this.ids.slice(offset, offset + this.pageSize);
    return { items, malformed: [], total };
  }

  private offsetOf(number: number): number | null {
    if (this.numbering === 'from 0') return number * this.pageSize;
    if (number > 0) return (number - 1) * this.pageSize;
    if (this.numbering === 'from 1, 0 is the same') return 0;
    if (this.numbering === 'from 1, 0 is empty') return null;
    throw new NovitaInvalidRequestError('pageNum must be at least 1', { call: 'GET /list', httpStatus: 400 });
  }
}

export function idsUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `id-${index}`);
}
