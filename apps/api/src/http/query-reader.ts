import type { Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Validated } from './validated.pipe.js';

const REMEMBERED = 500;

/**
 * Reads the query of a route as its input class, and remembers what the last different ones meant: clients ask the
 * same few questions again and again, and validation costs more than the rest of an answer.
 */
export class QueryReader<Input extends object, Meaning extends object> {
  private readonly pipe: Validated<Input>;
  private readonly meanings = new Map<string, Meaning>();

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
    if (this.meanings.size >= REMEMBERED) {
      const [oldest] = this.meanings.keys();
      if (oldest !== undefined) this.meanings.delete(oldest);
    }
    this.meanings.set(text, meaning);
    return meaning;
  }
}
