import { defineProblems } from '@app/platform';

/** Problems that only this process answers with; those of every HTTP process are in the platform library. */
export const API_PROBLEMS = defineProblems({
  'last-used-not-plausible': {
    status: 422,
    title: 'It cannot have been used then',
    description: 'The reported time of use lies in the future, or before the instance was started.',
    suggestion: 'Report the time at which it was really used, or leave lastUsedAt out to mean now; check the clock.',
    retryable: false,
  },
});
