import { Problem } from '@app/platform';
import { API_PROBLEMS } from '../problems/api.problems.js';

export function noQueues(): Problem {
  return new Problem(API_PROBLEMS['no-queues'], {
    detail: 'There are no queues without Redis: the jobs of this process are in its memory.',
  });
}
