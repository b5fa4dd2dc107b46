import { jobProblems } from '@app/jobs';
import { defineProblems } from '@app/platform';

const ownProblems = defineProblems({
  'orphan-not-found': {
    status: 404,
    title: 'No such orphan',
    description:
      'No instance of this id is known that was made elsewhere. One that was made just now is found by the next sync.',
    suggestion: 'Look it up with GET /api/v1/orphans, or run a sync first.',
    retryable: false,
  },
  'already-managed': {
    status: 409,
    title: 'The instance is managed here',
    description: 'The instance was created here or has been adopted, so it is no orphan.',
    suggestion: 'Use the routes below /api/v1/instances.',
    retryable: false,
  },
  'sync-in-progress': {
    status: 409,
    title: 'A sync is running',
    description: 'Only one sync runs at a time in a whole installation.',
    suggestion: 'Wait for it: send the request again with ?wait=true, or follow GET /api/v1/sync/events.',
    retryable: true,
  },
  'sync-unavailable': {
    status: 503,
    title: 'The sync cannot be reached',
    description: 'The shared status of the sync, or the queue by which one is asked for, does not answer.',
    suggestion: 'Try again in a moment; GET /health says what is away.',
    retryable: true,
  },
});

/** The problems of requests that concern the sync or the orphans it finds. */
export const syncProblems = { ...jobProblems, ...ownProblems };
