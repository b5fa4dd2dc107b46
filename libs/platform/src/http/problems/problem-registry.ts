import { Injectable } from '@nestjs/common';
import { problemOfHttpError } from './http-errors.js';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { Problem, type ProblemType, type RequestEffect } from './problem.js';

/** Says what an error of one library means to an HTTP client; null for errors that it does not know. */
export type ProblemMapper = (error: unknown, effect: RequestEffect) => Problem | null;

/** Of a request that reached no handler. */
const NO_EFFECT: RequestEffect = { isRead: true, isRepeatable: true };

/** Turns any error into a problem. Applications register what the errors of their libraries mean. */
@Injectable()
export class ProblemMappers {
  private readonly mappers: ProblemMapper[] = [];

  register(...mappers: readonly ProblemMapper[]): void {
    this.mappers.push(...mappers);
  }

  /** Never fails: an unforeseen error is an `internal-error` that does not show the client its cause. */
  toProblem(error: unknown, effect: RequestEffect = NO_EFFECT): Problem {
    if (error instanceof Problem) return error;
    for (const mapper of [...this.mappers, problemOfHttpError]) {
      const problem = mapper(error, effect);
      if (problem !== null) return problem;
    }
    return new Problem(PLATFORM_PROBLEMS['internal-error'], {
      detail: 'The server met an error that it was not prepared for.',
      cause: error,
      retryable: effect.isRepeatable,
      ...(effect.isRead
        ? {}
        : {
            suggestion:
              'The request may have taken effect. Read what it was to change before you send it again, and report the requestId.',
          }),
    });
  }
}

/** Every problem type that this process can answer with. */
@Injectable()
export class ProblemRegistry {
  private readonly byCode = new Map<string, ProblemType>();

  constructor() {
    this.declare(PLATFORM_PROBLEMS);
  }

  /** @throws Error when another type of the same code was declared: one code has one meaning */
  declare(family: Readonly<Record<string, ProblemType>>): void {
    for (const type of Object.values(family)) {
      const known = this.byCode.get(type.code);
      if (known !== undefined && known !== type) throw new Error(`two problem types have the code ${type.code}`);
      this.byCode.set(type.code, type);
    }
  }

  find(code: string): ProblemType | null {
    return this.byCode.get(code) ?? null;
  }

  /** All of them, by status and then by code. */
  all(): readonly ProblemType[] {
    return [...this.byCode.values()].sort((a, b) => a.status - b.status || a.code.localeCompare(b.code, 'en'));
  }
}

/** The text of docs/errors.md. */
export function renderProblemsMarkdown(types: readonly ProblemType[]): string {
  const sections = types.map((type) =>
    [
      `## ${type.code}`,
      '',
      `**${type.status} ${type.title}.** ${type.description}`,
      '',
      `- What to do: ${type.suggestion}`,
      `- Can the same request succeed later: ${type.retryable ? 'yes' : 'no'}`,
    ].join('\n'),
  );
  return [
    '# Errors',
    '',
    '<!-- Generated from the declared problem types; do not edit. -->',
    '',
    'Every error is answered as `application/problem+json` (RFC 9457). `code` is stable and is what a program should',
    'check; `retryable` says whether the same request can succeed later; `suggestion` says what to do; `requestId` is the one',
    'under which the log has the rest; `errors` lists violations of the input, each with a JSON pointer into the body, `?name`',
    'for a query parameter or `:name` for a part of the path.',
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}
