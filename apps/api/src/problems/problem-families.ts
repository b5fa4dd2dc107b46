import { autoStopProblems } from '@app/auto-stop';
import { lifecycleProblems } from '@app/lifecycle';
import type { ProblemType } from '@app/platform';
import { spendProblems } from '@app/spend';
import { syncProblems } from '@app/sync';
import { API_PROBLEMS } from './api.problems.js';

/** What the API can answer with besides the problems of every HTTP process. */
export const PROBLEM_FAMILIES: readonly Readonly<Record<string, ProblemType>>[] = [
  lifecycleProblems,
  syncProblems,
  autoStopProblems,
  spendProblems,
  API_PROBLEMS,
];
