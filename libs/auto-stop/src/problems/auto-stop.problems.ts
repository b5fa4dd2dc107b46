import { instanceProblems } from '@app/instance-store';
import { jobProblems } from '@app/jobs';
import { defineProblems } from '@app/platform';

const ownProblems = defineProblems({
  'lease-not-plausible': {
    status: 422,
    title: 'The lease cannot be given',
    description: 'A lease ends in the future and lasts at most AUTO_STOP_MAX_LEASE from now.',
    suggestion: 'Give a time that `detail` allows; a lease can be renewed as often as needed.',
    retryable: false,
  },
  'spend-limit-reached': {
    status: 402,
    title: "The day's spend limit is reached",
    description:
      'The fleet has cost SPEND_DAILY_LIMIT_USD today, in the day of UTC, and SPEND_ENFORCE says that nothing is created past it. What runs is left alone.',
    suggestion: 'Wait for the next day of UTC, stop what is not needed, or have an operator raise the limit.',
    retryable: false,
  },
});

/** What can be wrong with a request that concerns auto-stop. */
export const autoStopProblems = { ...instanceProblems, ...jobProblems, ...ownProblems };
