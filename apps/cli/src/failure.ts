import type { Problem } from '@novita-fleet/client';

/** How a command ends, as scripts see it. */
export const EXIT = { failed: 1, usage: 2, access: 3, notFound: 4 } as const;

/** Ends a command with a sentence and an exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}

/** Nothing of ours came back. */
export class NoAnswer extends CommandFailure {
  /** @param mayHaveArrived whether the call may be carried out all the same */
  constructor(
    message: string,
    readonly mayHaveArrived: boolean,
  ) {
    super(message);
  }
}

/** A failure that the API has explained. */
export class ApiProblem extends CommandFailure {
  /** @param retryAfterMs what the answer asks for; null where it says nothing of it */
  constructor(
    readonly problem: Problem,
    readonly retryAfterMs: number | null = null,
  ) {
    super(sentenceOf(problem), exitCodeOf(problem.status));
  }
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.access;
  if (status === 404) return EXIT.notFound;
  return status === 400 || status === 422 ? EXIT.usage : EXIT.failed;
}

function sentenceOf({ detail, suggestion, errors = [] }: Problem): string {
  const fields = errors.map(({ pointer, detail: what }) => `\n  ${pointer}: ${what}`).join('');
  return `${detail}${fields}${suggestion === '' ? '' : `\n${suggestion}`}`;
}

/** @param answer what a body was read as; of an answer that is none of ours it may be anything */
export function isProblem(answer: unknown): answer is Problem {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'code' in answer &&
    'status' in answer &&
    typeof answer.status === 'number' &&
    'detail' in answer &&
    typeof answer.detail === 'string'
  );
}
