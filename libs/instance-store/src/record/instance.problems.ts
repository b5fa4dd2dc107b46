import { defineProblems } from '@app/platform';

/** Why an instance cannot be acted on at all, whichever feature is asked to. Each feature's family holds them too. */
export const instanceProblems = defineProblems({
  'instance-not-found': {
    status: 404,
    title: 'No such instance',
    description: 'There is no record of an instance with this id or name.',
    suggestion: 'Look it up with GET /api/v1/instances.',
    retryable: false,
  },
  'instance-terminated': {
    status: 409,
    title: 'The instance is gone',
    description: 'The instance no longer exists at the provider; its record is kept for a while and then removed.',
    suggestion: 'Create a new instance.',
    retryable: false,
  },
  'not-adopted': {
    status: 409,
    title: 'The instance was made elsewhere',
    description: 'Instances that were not created here are shown and never acted on until they are adopted.',
    suggestion: 'Adopt it first with POST /api/v1/orphans/{novitaId}/adopt.',
    retryable: false,
  },
});
