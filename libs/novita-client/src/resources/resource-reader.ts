import type { Clock } from '@app/platform';
import type { CallOptions, Page } from '../novita.js';
import { type Expected, listAnswer } from '../parsing/expected-answers.js';
import {
  countOf,
  type Fields,
  kindOf,
  type ReadItems,
  readItems,
  requireFields,
  requireList,
  UnreadableAnswerError,
} from '../parsing/read-value.js';
import { type NoteSurprises, surprisesOf } from '../parsing/surprises.js';
import type { CallObserver } from '../transport/attempt.js';
import { callName, type NovitaSubject, type NovitaSurface, type QueryValue } from '../transport/novita-request.js';
import type { Transport } from '../transport/novita-transport.js';
import { listPages, PageOrigin, type RawPage } from './list-pages.js';

export interface ResourceReaderOptions {
  /** Items asked for in one page. */
  readonly pageSize: number;
  /** Pages of one listing at most. */
  readonly maxPages: number;
}

/** A list that comes in pages. */
export interface PagedResource<Item> {
  readonly path: string;
  /** By which the answer is named when something in it is unknown, such as `jobs`. */
  readonly answer: string;
  /** The key of the items in the answer. */
  readonly key: string;
  /** Novita's name for the number of the page; it is not the same everywhere. */
  readonly pageParameter: 'pageNum' | 'pageNo';
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly read: (item: Fields, index: number) => Item;
  /** What an item is expected to be; null when `read` notes what is unknown of it. */
  readonly expected: Expected | null;
  /** Reads a page from its bytes, or answers null to have it parsed as any other. */
  readonly readBytes?: (bytes: Buffer) => RawPage<Item> | null;
  readonly idOf: (item: Item) => string;
  /** Pages asked for side by side; default 1. */
  readonly concurrency?: number;
}

/** The three shapes in which Novita answers a read: a list at once, a list in pages, one thing. */
export class ResourceReader {
  private readonly origins = new Map<string, PageOrigin>();

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly observer: CallObserver,
    private readonly options: ResourceReaderOptions,
  ) {}

  /** A list that comes as a whole, under `data` if nothing else is said. What cannot be read is left out, and named. */
  async all<Item>(
    what: {
      readonly surface?: NovitaSurface;
      readonly path: string;
      readonly key?: string;
      readonly query?: Readonly<Record<string, QueryValue>>;
      readonly read: (item: Fields) => Item;
      readonly expected: Expected;
    },
    options: CallOptions | undefined,
  ): Promise<ReadItems<Item>> {
    const { surface = 'gpu', path, key = 'data', query = {}, read, expected } = what;
    const note = this.notesOf(path);
    const answer = listAnswer(`${expected.name}s`, key);
    const found = await this.transport.call(
      {
        effect: 'read',
        surface,
        path,
        query,
        subject: null,
        parse: (sent): ReadItems<Item> => {
          const list = requireList(sent, key);
          note(surprisesOf(answer, requireFields(sent)));
          return readItems(list, key, noting(read, expected, note));
        },
      },
      options,
    );
    this.report(path, found.malformed);
    return found;
  }

  pages<Item>(resource: PagedResource<Item>, options: CallOptions | undefined): AsyncIterable<Page<Item>> {
    const origin = this.origins.get(resource.path) ?? new PageOrigin();
    this.origins.set(resource.path, origin);
    return listPages(
      {
        fetch: (pageNumber, signal) => this.page(resource, pageNumber, { ...options, signal }),
        idOf: resource.idOf,
        origin,
      },
      {
        concurrency: Math.max(1, resource.concurrency ?? 1),
        maxPages: this.options.maxPages,
        clock: this.clock,
        signal: options?.signal,
      },
    );
  }

  /** @throws NovitaNotFoundError when the subject does not exist, NovitaMalformedAnswerError when it cannot be read */
  async one<Item>(
    what: {
      readonly surface?: NovitaSurface;
      readonly path: string;
      readonly query: Readonly<Record<string, QueryValue>>;
      readonly subject: NovitaSubject | null;
      /** What the answer is expected to be; null when `read` notes what is unknown of it. */
      readonly expected: Expected | null;
    },
    read: (answer: Fields) => Item,
    options: CallOptions | undefined,
  ): Promise<Item> {
    const { expected, ...request } = what;
    const readNoted = noting(read, expected, this.notesOf(what.path));
    return this.transport.call(
      { effect: 'read', surface: 'gpu', ...request, parse: (answer) => readNoted(requireFields(answer), 0) },
      options,
    );
  }

  private async page<Item>(
    resource: PagedResource<Item>,
    pageNumber: number,
    options: CallOptions,
  ): Promise<RawPage<Item>> {
    const page = await this.transport.call(
      {
        effect: 'read',
        surface: 'gpu',
        path: resource.path,
        query: { pageSize: this.options.pageSize, [resource.pageParameter]: pageNumber, ...resource.query },
        subject: null,
        parse: (answer) => parsePage(answer, resource, this.notesOf(resource.path)),
        ...(resource.readBytes === undefined ? {} : { parseBytes: resource.readBytes }),
      },
      options,
    );
    this.report(resource.path, page.malformed);
    return page;
  }

  /** For what reads single items to say what of them is unknown. */
  notesOf(path: string): NoteSurprises {
    const call = callName({ effect: 'read', path });
    return (found) => {
      if (found.length > 0) this.observer.surprised(call, found);
    };
  }

  private report(path: string, malformed: RawPage<unknown>['malformed']): void {
    if (malformed.length > 0) this.observer.malformed(callName({ effect: 'read', path }), malformed);
  }
}

/** An answer without its total or its list is no page: read as an empty one it would mean that everything is gone. */
function parsePage<Item>(answer: unknown, resource: PagedResource<Item>, note: NoteSurprises): RawPage<Item> {
  const fields = requireFields(answer);
  const total = countOf(fields['total']);
  if (total === null) throw new UnreadableAnswerError(`"total" is not a number (${kindOf(fields['total'])})`);
  const nothing = total === 0 && fields[resource.key] === null;
  const list = nothing ? [] : requireList(answer, resource.key);
  note(surprisesOf(listAnswer(resource.answer, resource.key), fields));
  return { ...readItems(list, resource.key, noting(resource.read, resource.expected, note)), total };
}

/** Reads an item, and notes what is unknown of one that can be read: what cannot is reported as such. */
function noting<Item>(
  read: (item: Fields, index: number) => Item,
  expected: Expected | null,
  note: NoteSurprises,
): (item: Fields, index: number) => Item {
  if (expected === null) return read;
  return (item, index) => {
    const value = read(item, index);
    note(surprisesOf(expected, item));
    return value;
  };
}
