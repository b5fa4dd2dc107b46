import { lifecycleProblems } from '@app/lifecycle';
import type { ProblemType } from '@app/platform';

/** How a route can fail that asks Novita while the caller waits. */
export const PROVIDER_PROBLEMS: readonly ProblemType[] = [
  lifecycleProblems['provider-unauthorized'],
  lifecycleProblems['provider-rate-limited'],
  lifecycleProblems['provider-unavailable'],
  lifecycleProblems['provider-refused'],
  lifecycleProblems['network-error'],
];
