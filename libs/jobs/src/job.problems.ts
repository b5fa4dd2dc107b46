import { defineProblems } from '@app/platform';

/** Why work cannot be handed over, whichever feature has it. Each feature's family holds them too. */
export const jobProblems = defineProblems({
  'no-worker': {
    status: 503,
    title: 'No worker is running',
    description:
      'A sync, like a check for idle instances, is carried out by a worker process, and none has given a sign of life lately.',
    suggestion: 'Start a worker, then send the request again.',
    retryable: true,
  },
});
