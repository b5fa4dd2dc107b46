import { createValidationPipe, type FieldError, validationFailed } from '@app/platform';
import type { PipeTransform, Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';

/**
 * An input class with rules that decorators cannot express well: about single elements of a list, or about members that
 * must fit each other. Called when each member is valid by itself.
 */
export interface Checked {
  violations(): readonly FieldError[];
}

function isChecked(value: object): value is Checked {
  return 'violations' in value && typeof value.violations === 'function';
}

const VALIDATION = createValidationPipe();

/**
 * Turns a body or a query into an instance of its input class, or rejects it with its violations. Bound to single
 * parameters, not to the whole application: a route without such input pays nothing for it.
 */
export class Validated<Input extends object> implements PipeTransform<unknown, Promise<Input>> {
  /** @param whenAbsent what a missing body stands for */
  constructor(
    private readonly type: Type<Input>,
    private readonly place: 'body' | 'query' = 'body',
    private readonly whenAbsent: 'refuse' | 'empty' = 'refuse',
  ) {}

  /** @throws Problem `validation-failed` */
  async transform(value: unknown): Promise<Input> {
    // The quick way for a command without a body.
    if ((value === undefined || value === null) && this.whenAbsent === 'empty') return new this.type();
    if (this.place === 'body' && (typeof value !== 'object' || value === null)) {
      throw validationFailed([{ pointer: '', detail: 'must be a JSON object' }]);
    }
    const input = (await VALIDATION.transform(value, { type: this.place, metatype: this.type })) as Input;
    const violations = isChecked(input) ? input.violations() : [];
    if (violations.length > 0) throw validationFailed(violations);
    return input;
  }
}

const REMEMBERED = 500;

/**
 * Reads the query of a route as its input class, and remembers what the latest different ones meant: clients ask the
 * same few questions again and again, and validation costs more than the rest of an answer.
 */
export class QueryReader<Input extends object, Meaning extends object> {
  private readonly pipe: Validated<Input>;
  private readonly meanings = new LRUCache<string, Meaning>({ max: REMEMBERED });

  constructor(
    type: Type<Input>,
    private readonly meaningOf: (input: Input) => Meaning,
  ) {
    this.pipe = new Validated(type, 'query');
  }

  /** @throws Problem `validation-failed` (by the promise) */
  read(request: FastifyRequest): Meaning | Promise<Meaning> {
    const start = request.url.indexOf('?');
    const text = start === -1 ? '' : request.url.slice(start + 1);
    return this.meanings.get(text) ?? this.readNew(text, request.query);
  }

  private async readNew(text: string, query: unknown): Promise<Meaning> {
    const meaning = Object.freeze(this.meaningOf(await this.pipe.transform(query)));
    this.meanings.set(text, meaning);
    return meaning;
  }
}
