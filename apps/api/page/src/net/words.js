/**
 * What the page says about each problem that the API can answer with, by its code. The API's own sentences are for
 * programs and those who write them: they name calls, headers and settings.
 */

/**
 * @typedef {object} ProblemMessage
 * @property {string | null} what what happened; null where the API's detail names particulars that the page does not know
 * @property {string} advice what a person can do about it; `{wait}` stands for the time that the API asks for
 */

/**
 * @param {string | null} what
 * @param {string} advice
 * @returns {ProblemMessage}
 */
const say = (what, advice) => ({ what, advice });

const LATER = 'Try again after {wait}.';
const RELOAD = 'Reload the page and try again.';
const CORRECT = 'Correct the values and try again.';
const INSTALLATION = 'Ask whoever runs this service to check its key at Novita.';
const BY_ITSELF = 'A command that was accepted is tried again by itself.';

/** The reasons that stand on an instance as its last error, and those of a command alike. @type {Readonly<Record<string, ProblemMessage>>} */
const OF_INSTANCES = {
  'instance-not-found': say('This instance is not known here any more.', 'Reload the page to see what there is.'),
  'instance-terminated': say('The instance is gone at Novita.', 'Create a new one.'),
  'instance-busy': say('Another command is under way for this instance.', 'Wait until it is finished.'),
  'instance-not-running': say('The instance is not running.', 'Start it instead.'),
  'not-adopted': say('The instance was made elsewhere, so nothing here acts on it.', 'Adopt it first.'),
  'already-managed': say('The instance is managed here already.', 'Use its own commands.'),
  'orphan-not-found': say('No instance made elsewhere is known by this id.', 'Sync now, then try again.'),
  'name-not-unique': say('Several instances have this name.', 'Choose one of them in the table.'),
  'selection-changed': say('Other instances match by now.', 'Look at the list again and decide anew.'),
  'selection-too-large': say('Too many instances match for one command.', 'Narrow the filters and try again.'),
  'revision-mismatch': say('The instance has changed in the meantime.', 'Look at it again and decide anew.'),
  'precondition-failed': say('It has changed in the meantime.', 'Look at it again and decide anew.'),
  'vanished-at-provider': say(
    'Novita says that this instance does not exist any more.',
    'Create a new one; nothing does so by itself.',
  ),
  'duplicate-at-provider': say(null, 'Delete the duplicates in the console of Novita.'),
  'quarantine-entry-not-found': say('This is not set aside any more.', 'Reload the list.'),
  'quarantine-kept': say('This cannot be discarded.', 'The detail says why.'),
  'quarantine-not-retried': say('This cannot be tried again.', 'The detail says what becomes of it.'),
  'record-unreadable': say(
    'The stored record of this instance is damaged, so nothing is done with it.',
    'Have it restored from a backup; until then look at the instance in the console of Novita.',
  ),
  'restart-refused': say(
    'Novita refused the restart. The instance runs on as before.',
    'Try again, or stop and start it.',
  ),
  'startup-timeout': say(null, 'Start it again. A large image may need a longer limit for the start.'),
  'startup-failed': say(null, 'Check its image, start command and registry login, then start it again.'),
  'health-check-timeout': say(
    null,
    'Check that the program in the image listens on the ports that were asked for, on all addresses.',
  ),
  'spot-reclaimed': say(
    'Novita has taken back the machine of this spot instance.',
    'Start it again if it stays stopped; what has to survive belongs on a network storage.',
  ),
  'migration-failed': say(null, 'It is tried again for a day. If it stays down, start it, or create one elsewhere.'),
  'migration-timeout': say(
    'Novita has taken too long to move the instance to another machine.',
    'It is tried again for a day. If it stays down, start it, or create one elsewhere.',
  ),
};

/** What Novita, its stock or its money stands in the way of. @type {Readonly<Record<string, ProblemMessage>>} */
const OF_NOVITA = {
  'out-of-stock': say(
    'No machine of this kind is free in any region at present.',
    'Try again later, or choose another GPU, region or billing.',
  ),
  'price-above-limit': say(null, 'Allow more, or choose another GPU, region or billing.'),
  'resource-constraints': say(null, 'Start it again later, or create one with another GPU or region.'),
  'insufficient-balance': say(
    'The account at Novita has too little money left for it.',
    'Add money at Novita, then try again.',
  ),
  'lifetime-over': say('Its lifetime is over.', 'Prolong or remove it in “Auto-stop settings…”, then start it.'),
  'spend-limit-reached': say(null, 'Wait for the next day (UTC), stop what is not needed, or have the limit raised.'),
  'provider-unauthorized': say('Novita refuses the key of this service.', INSTALLATION),
  'provider-rate-limited': say('Novita asks this service to slow down.', LATER),
  'provider-unavailable': say('Novita answers with errors at present.', `${BY_ITSELF} Try others again in a minute.`),
  'provider-refused': say(null, 'Change what was asked for as the message says.'),
  'network-error': say('Novita cannot be reached.', `${BY_ITSELF} Try others again in a minute.`),
  'unknown-product': say(null, 'Choose another GPU.'),
  'unknown-region': say(null, 'Choose another region.'),
  'unknown-template': say(null, 'Choose another template.'),
  'unknown-registry-auth': say(null, 'Save the login at Novita first, and enter its id.'),
  'unknown-network-storage': say(null, 'Enter the id of a storage of this account, in a place that offers the GPU.'),
};

/** What is wrong with the input. @type {Readonly<Record<string, ProblemMessage>>} */
const OF_INPUT = {
  'validation-failed': say('Some values are not valid.', CORRECT),
  'invalid-spec': say('The instance cannot be built as asked.', CORRECT),
  'lease-not-plausible': say(null, 'Choose another time; it can be prolonged as often as needed.'),
  'last-used-not-plausible': say('It cannot have been used then.', 'Check the clock of the sender.'),
  'body-too-large': say('That is more than the service takes at once.', 'Make it shorter.'),
  'fleet-too-large': say('There are too many instances for one answer.', 'Use the filters of the table.'),
};

/** What the key may not do. @type {Readonly<Record<string, ProblemMessage>>} */
const OF_KEYS = {
  unauthorized: say('This key is not known here.', 'Sign in with one that is.'),
  'key-expired': say('This key has expired.', 'Ask whoever runs this service for a new one.'),
  forbidden: say('This key may not do that.', 'Sign in with one that may.'),
  'key-limit-reached': say(
    'A limit of this key does not allow it.',
    'Choose something cheaper or shorter, or stop what is not needed any more.',
  ),
  'rate-limited': say('Too many requests came with this key.', LATER),
  'too-many-streams-of-key': say(
    'This key follows the changes in as many places as it may.',
    'Close pages that nobody looks at, or try again after {wait}.',
  ),
};

/** How the service is, seen from outside. @type {Readonly<Record<string, ProblemMessage>>} */
const OF_SERVICE = {
  'api-unreachable': say(
    null,
    'Check the connection and that the service runs; the page goes on by itself as soon as it answers.',
  ),
  degraded: say(
    'Redis is away, so this cannot be done at present.',
    'Try again after {wait}. Stops and deletes are accepted meanwhile.',
  ),
  'dependency-unavailable': say('A part that the service needs does not answer. Nothing was done.', LATER),
  'no-worker': say('No worker runs that could carry it out.', 'Have a worker started, then try again.'),
  'no-queues': say('There are no queues, since this service runs without Redis.', 'They appear when it has one.'),
  'kubernetes-off': say(
    'No Kubernetes cluster is mirrored here.',
    'Ask whoever runs this service to turn it on, if there is one.',
  ),
  'kubernetes-not-loaded': say('The cluster has not been read yet.', LATER),
  'resource-not-found': say('The cluster has no such resource.', 'Reload the page to see what there is.'),
  'sync-in-progress': say('A sync is running already.', 'Wait for it, or follow it in the header.'),
  'sync-failed': say(null, 'Try again; the next automatic sync does so in any case.'),
  'sync-unavailable': say('The sync cannot be reached at present.', 'Try again in a moment.'),
  'outcome-unknown': say(
    'The command was sent, and no answer came back: it may have taken effect.',
    'Look at the instance before you send it again.',
  ),
  'request-in-flight': say('The same command is being carried out.', 'Wait for its answer, or try again after {wait}.'),
  'request-timeout': say('The request came too slowly. Nothing was done.', 'Try again.'),
  'too-many-streams': say('The service has as many readers of live changes as it takes.', LATER),
  'shutting-down': say('The service is about to end or to start anew.', 'Try again in a moment.'),
  'internal-error': say(
    'Something went wrong in the service. A command may have taken effect.',
    'Look whether it has, then try again.',
  ),
};

/** What only a mistake of the page leads to. @type {Readonly<Record<string, ProblemMessage>>} */
const OF_THE_PAGE = Object.fromEntries(
  [
    'bad-request',
    'headers-too-large',
    'idempotency-key-reused',
    'malformed-json',
    'method-not-allowed',
    'precondition-required',
    'route-not-found',
    'unsupported-media-type',
  ].map((code) => [code, say('This page and the service do not fit together.', RELOAD)]),
);

/** What the page says about each problem, by its code. @type {Readonly<Record<string, ProblemMessage>>} */
export const PROBLEMS = { ...OF_INSTANCES, ...OF_NOVITA, ...OF_INPUT, ...OF_KEYS, ...OF_SERVICE, ...OF_THE_PAGE };

/**
 * Members of a create, an update or a lease, as the forms name them.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const FIELDS = {
  name: 'Name',
  productName: 'GPU',
  productId: 'GPU',
  gpuNum: 'Number of GPUs',
  rootfsSize: 'Disk',
  region: 'Region',
  billingMode: 'Billing',
  templateId: 'Template',
  image: 'Image',
  imageAuthId: 'Registry login',
  ports: 'Ports',
  envs: 'Variables',
  command: 'Start command',
  entrypoint: 'Entrypoint',
  networkStorages: 'Network storage',
  minCudaVersion: 'CUDA version',
  webhookUrl: 'Webhook',
  autoStop: 'Auto-stop',
  maxPricePerHour: 'Highest price',
  reportToken: 'Report of its own use',
  minutes: 'Minutes',
  until: 'Until',
  reason: 'Reason',
};

/** What the page says where the API said nothing. */
export const CALLS = {
  unreachable: 'The API cannot be reached.',
  /** @param {number} status */
  unexplained: (status) => `The answer was ${status}, which nobody explained.`,
  ownFault: 'Something went wrong in this page. Reload it and try again.',
  aWhile: 'a while',
  /** @param {string} names @param {string} advice */
  didYouMean: (names, advice) => `Did you mean ${names}? ${advice}`,
};
