import type { Problem } from '@novita-fleet/client';
import { describe, expect, it } from 'vitest';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import { mayHaveActed } from './mcp-planned-act.js';

const problem = (status: number, code: string): ApiProblem =>
  new ApiProblem({ status, code, detail: code, suggestion: '' } as Problem);

describe('an act that failed', () => {
  it('may have been done unless the API has rejected it', () => {
    const unsure = [
      problem(409, 'request-in-flight'),
      problem(422, 'idempotency-key-reused'),
      problem(429, 'rate-limited'),
      problem(503, 'outcome-unknown'),
      new CommandFailure('nobody answers'),
      new TypeError('a defect'),
    ];
    expect(unsure.filter((error) => !mayHaveActed(error))).toEqual([]);
    const sure = [
      problem(409, 'out-of-stock'),
      problem(403, 'key-limit-reached'),
      problem(422, 'validation-failed'),
      new CommandFailure('a key is wanted', EXIT.access),
    ];
    expect(sure.filter(mayHaveActed)).toEqual([]);
  });
});
