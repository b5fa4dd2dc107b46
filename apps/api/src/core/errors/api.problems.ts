import { autoStopProblems } from '@app/auto-stop';
import { lifecycleProblems } from '@app/lifecycle';
import { migrationProblems } from '@app/migration';
import { defineProblems, type ProblemType } from '@app/platform';
import { spendProblems } from '@app/spend';
import { syncProblems } from '@app/sync';
import { webhookProblems } from '@app/webhooks';

/** Problems that only this process answers with; those of every HTTP process are in the platform library. */
export const API_PROBLEMS = defineProblems({
  'last-used-not-plausible': {
    status: 422,
    title: 'It cannot have been used then',
    description: 'The reported time of use lies in the future, or before the instance was started.',
    suggestion: 'Report the time at which it was really used, or leave lastUsedAt out to mean now; check the clock.',
    retryable: false,
  },
  'fleet-too-large': {
    status: 422,
    title: 'The fleet is too large for one answer',
    description: 'There are more instances, here or at Novita, than are merged into one answer.',
    suggestion:
      'Bring the records in line with POST /api/v1/instances/sync, then read them page by page with GET /api/v1/instances.',
    retryable: false,
  },
  'selection-changed': {
    status: 409,
    title: 'Other instances match now',
    description:
      'The command was to act on all that matches a filter, and since the dry run whose digest was sent, what it would act on has changed. Nothing was done.',
    suggestion: 'Make the dry run again, and send its digest; or send the ids that it names.',
    retryable: false,
  },
  'selection-too-large': {
    status: 422,
    title: 'Too many instances for one request',
    description: 'The filter matches more instances than one request acts on. Nothing was done.',
    suggestion: 'Send the ids that the dry run names, in pieces.',
    retryable: false,
  },
  'record-unreadable': {
    status: 500,
    title: 'The stored record is damaged',
    description:
      'The entry of this instance in Redis is not a record: something else changed it, or it was cut off. Nothing is done with the instance, and no list holds it; at Novita it may run and cost money. The log names the error.',
    suggestion:
      'Restore its key in Redis from a backup (docs/redis.md). Until then check the instance in the console of Novita, and stop it there if it must not run.',
    retryable: false,
  },
  'quarantine-entry-not-found': {
    status: 404,
    title: 'Nothing of this id is set aside',
    description:
      'The quarantine has no entry of this id. It was tried again or discarded, or made room for later ones.',
    suggestion: 'List what is set aside with GET /api/v1/admin/quarantine.',
    retryable: false,
  },
  'quarantine-not-retried': {
    status: 409,
    title: 'It cannot be tried again',
    description: 'What is set aside was not read again, and nothing was changed. The detail says why.',
    suggestion: 'Follow the detail; docs/quarantine.md says what becomes of each kind by itself.',
    retryable: false,
  },
  'quarantine-kept': {
    status: 409,
    title: 'It cannot be discarded',
    description: 'What is set aside was not removed, and nothing was changed. The detail says why.',
    suggestion: 'Follow the detail; docs/quarantine.md says more.',
    retryable: false,
  },
  'no-queues': {
    status: 404,
    title: 'There are no queues',
    description:
      'Queues are kept in Redis, and no Redis is configured: jobs are in the memory of the one process that runs them.',
    suggestion: 'Set REDIS_URL to have queues that can be shown.',
    retryable: false,
  },
  'sync-failed': {
    status: 502,
    title: 'The sync failed',
    description:
      'The sync could not read everything at Novita, or not write it. Changes that it made before it failed stay; nothing was removed without proof.',
    suggestion: 'Check the cause in "failures", then try again. An automatic run tries again by itself.',
    retryable: true,
  },
  degraded: {
    status: 503,
    title: 'Not while Redis is away',
    description:
      'Redis does not answer. Until it does, instances are read from memory, and bills can be ended: stop, delete, stop-all, reports of use and leases are accepted, kept in DATA_DIR and carried out straight at Novita. Commands that could begin a bill or change settings need Redis: create, start, restart, settings, sync, orphans, auto-stop checks. Nothing was done.',
    suggestion: 'Try again after the time in Retry-After. Stops and deletes are accepted meanwhile.',
    retryable: true,
  },
  'kubernetes-off': {
    status: 404,
    title: 'No cluster is mirrored',
    description: 'Kubernetes is not a source of this installation: KUBERNETES_SOURCE is not true.',
    suggestion:
      'Set KUBERNETES_SOURCE=true for the API and the workers, and give the workers a service account or a kubeconfig (docs/kubernetes.md).',
    retryable: false,
  },
  'kubernetes-not-loaded': {
    status: 503,
    title: 'The cluster has not been read yet',
    description:
      'What was asked for has not been read from the cluster yet, or not into this process. An empty list would say that there is nothing.',
    suggestion:
      'Try again after the time in Retry-After. GET /api/v1/kubernetes says how each kind stands; when it is one that may not be read, give the service account the role in docs/kubernetes.md.',
    retryable: true,
  },
  'resource-not-found': {
    status: 404,
    title: 'No such resource',
    description: 'The cluster had no resource of this kind, namespace and name when it was last read.',
    suggestion: 'List what there is, such as GET /api/v1/pods; X-Data-As-Of says as of when it is known.',
    retryable: false,
  },
  'too-many-streams-of-key': {
    status: 429,
    title: 'This key has as many streams as it may have',
    description: 'As many event streams are open at this API process with this key as SSE_MAX_STREAMS_PER_KEY allows.',
    suggestion: 'Close streams that nobody reads, or share one among readers; try again after the time in Retry-After.',
    retryable: true,
  },
  'too-many-streams': {
    status: 503,
    title: 'This process has as many streams as it accepts',
    description: 'So many readers follow events at this API process already that it accepts no further one.',
    suggestion:
      'Try again after the time in Retry-After; another process may accept it. Close streams that nobody reads.',
    retryable: true,
  },
});

/** The problems of the API besides those of every HTTP process. */
export const PROBLEM_FAMILIES: readonly Readonly<Record<string, ProblemType>>[] = [
  lifecycleProblems,
  syncProblems,
  autoStopProblems,
  migrationProblems,
  spendProblems,
  webhookProblems,
  API_PROBLEMS,
];

/** How a route can fail that asks Novita while the caller waits. */
export const PROVIDER_PROBLEMS: readonly ProblemType[] = [
  lifecycleProblems['provider-unauthorized'],
  lifecycleProblems['provider-rate-limited'],
  lifecycleProblems['provider-unavailable'],
  lifecycleProblems['provider-refused'],
  lifecycleProblems['network-error'],
];
