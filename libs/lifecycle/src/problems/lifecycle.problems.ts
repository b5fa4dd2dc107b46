import { instanceProblems } from '@app/instance-store';
import { defineProblems, Problem } from '@app/platform';

const ownProblems = defineProblems({
  'invalid-spec': {
    status: 400,
    title: 'The instance cannot be built as asked',
    description: 'A value, or a combination of values, of the request lies outside what the provider accepts.',
    suggestion: 'Correct the members named in "errors".',
    retryable: false,
  },
  'unknown-product': {
    status: 422,
    title: 'No such product',
    description: 'The provider offers no GPU product of this name or id.',
    suggestion: 'Choose one of GET /api/v1/products.',
    retryable: false,
  },
  'unknown-region': {
    status: 422,
    title: 'No such region',
    description: 'The provider has no cluster of this name or id.',
    suggestion: 'Choose one of GET /api/v1/clusters.',
    retryable: false,
  },
  'unknown-template': {
    status: 422,
    title: 'No such template',
    description: 'The provider has no template of this id, or it is private to another account.',
    suggestion: 'Choose one of GET /api/v1/templates.',
    retryable: false,
  },
  'unknown-registry-auth': {
    status: 422,
    title: 'No such registry login',
    description: 'The account at the provider holds no container registry login of this id.',
    suggestion: 'Save the login at the provider first and give its id.',
    retryable: false,
  },
  'unknown-network-storage': {
    status: 422,
    title: 'No such network storage',
    description: 'The account holds no network storage of this id, or not in a place where the product is offered.',
    suggestion:
      'Give the id of a storage of this account; all of them must lie in one cluster that offers the product.',
    retryable: false,
  },
  'out-of-stock': {
    status: 409,
    title: 'Out of stock',
    description: 'The product exists, but no region has one free in the wanted billing mode.',
    suggestion: 'Try again later, or choose another product or billing mode.',
    retryable: true,
  },
  'price-above-limit': {
    status: 409,
    title: 'It costs more than the request allows',
    description: 'What is in stock costs more an hour than `maxPricePerHour` of the request. Nothing was made.',
    suggestion: 'Allow more, or choose another product, region or billing mode.',
    retryable: false,
  },
  'name-not-unique': {
    status: 409,
    title: 'Several instances have this name',
    description: 'Names need not be unique, so a command by name is refused when it could mean several instances.',
    suggestion: 'Send the command to one of "candidates" by its id.',
    retryable: false,
  },
  'instance-busy': {
    status: 409,
    title: 'Another command is under way',
    description: 'The command contradicts one that is being carried out, such as a start during a delete.',
    suggestion: 'Wait until the present command is finished.',
    retryable: true,
  },
  'instance-not-running': {
    status: 409,
    title: 'The instance is not running',
    description: 'Only an instance that runs can be restarted.',
    suggestion: 'Start it instead.',
    retryable: false,
  },
  'lifetime-over': {
    status: 409,
    title: 'The lifetime of the instance is over',
    description: 'An instance with a lifetime (`maxLifetimeMinutes`) is stopped at its end, and does not run after it.',
    suggestion:
      'Lengthen its lifetime, which counts from its creation, or remove it: PATCH the instance with {"maxLifetimeMinutes": null}. Then start it.',
    retryable: false,
  },
  'revision-mismatch': {
    status: 412,
    title: 'The instance has changed',
    description: 'The instance no longer has the revision that the request was made for.',
    suggestion: 'Read it again and decide anew.',
    retryable: false,
  },
  'provider-unauthorized': {
    status: 502,
    title: 'The provider refuses our key',
    description: 'Novita answered that its API key is wrong or lacks a right.',
    suggestion: 'Check NOVITA_API_KEY of this installation.',
    retryable: false,
  },
  'provider-rate-limited': {
    status: 503,
    title: 'The provider asks us to slow down',
    description: 'Novita answered that this account sends too many requests.',
    suggestion: 'Try again after the time in Retry-After.',
    retryable: true,
  },
  'provider-unavailable': {
    status: 503,
    title: 'The provider cannot answer',
    description:
      'Novita answered with an error of its own, or failed so often that we have stopped asking for a moment.',
    suggestion: 'Try again in a minute.',
    retryable: true,
  },
  'provider-refused': {
    status: 502,
    title: 'The provider refuses the call',
    description: 'Novita understood the call and refused it as it stands; its message says why.',
    suggestion: 'Change the request as the message says.',
    retryable: false,
  },
  'network-error': {
    status: 502,
    title: 'The provider cannot be reached',
    description: 'The connection to Novita could not be made, broke, or took too long.',
    suggestion:
      'A command that was accepted is tried again by itself; a request that was refused can be sent again. If it lasts, check the network between this installation and Novita.',
    retryable: true,
  },
  'insufficient-balance': {
    status: 402,
    title: 'The account has no money left',
    description: 'Novita refuses because the balance of the account does not cover the instance.',
    suggestion: 'Add money to the account at Novita, then start the instance.',
    retryable: false,
  },
  'startup-timeout': {
    status: 504,
    title: 'The instance did not start in time',
    description: 'Novita never said running within INSTANCE_STARTUP_TIMEOUT. The instance is being stopped.',
    suggestion: 'Start it again, or allow large images more time with INSTANCE_STARTUP_TIMEOUT.',
    retryable: true,
  },
  'startup-failed': {
    status: 502,
    title: 'The instance failed to start',
    description: 'Novita could not create or start the instance, or it ended while it was starting.',
    suggestion: 'Check image, start command and registry login, then start it again.',
    retryable: true,
  },
  'health-check-timeout': {
    status: 504,
    title: 'The instance runs but does not answer',
    description:
      'Novita says running, but not every port answered within INSTANCE_STARTUP_TIMEOUT. The instance is being stopped.',
    suggestion: 'Check that the program in the image listens on the ports that were asked for, on all addresses.',
    retryable: true,
  },
  'resource-constraints': {
    status: 409,
    title: 'No hardware is free',
    description: 'Novita had no GPU left for the instance in any place where it was tried.',
    suggestion: 'Start it again later, or create one with another product or region.',
    retryable: true,
  },
  'restart-refused': {
    status: 409,
    title: 'The instance could not be restarted',
    description: 'Novita refused the restart for as long as it was tried. The instance runs on as before.',
    suggestion: 'Restart it again, or stop and start it.',
    retryable: true,
  },
  'spot-reclaimed': {
    status: 409,
    title: 'The spot instance was reclaimed',
    description:
      'Novita took the machine of a spot instance back. It is migrated to another machine, unless MIGRATION_ENABLED is off.',
    suggestion: 'Wait for the migration, whose state stands in "migration", or start the instance yourself.',
    retryable: true,
  },
  'migration-failed': {
    status: 502,
    title: 'The migration failed',
    description: 'Novita refused the migration of a reclaimed spot instance, or its job ended without success.',
    suggestion: 'It is tried again by itself for a day; POST /api/v1/instances/migration/check-failed tries it now.',
    retryable: true,
  },
  'migration-timeout': {
    status: 504,
    title: 'The migration took too long',
    description: 'Novita did not end the migration of a reclaimed spot instance within MIGRATION_TIMEOUT.',
    suggestion: 'It is tried again by itself for a day; POST /api/v1/instances/migration/check-failed tries it now.',
    retryable: true,
  },
  'vanished-at-provider': {
    status: 410,
    title: 'The instance vanished at the provider',
    description: 'Novita says that the instance does not exist any more, although nobody deleted it here.',
    suggestion: 'Create a new instance; it is never created anew by itself.',
    retryable: false,
  },
  'duplicate-at-provider': {
    status: 409,
    title: 'The provider made the instance more than once',
    description:
      'Several instances at Novita carry the marker of this record. The oldest is kept, the others are stopped.',
    suggestion: 'Delete the duplicates at Novita; they are named in the message.',
    retryable: false,
  },
});

/** Every problem of a command and of carrying it out. `lastError.code` of a record is one of these too. */
export const lifecycleProblems = { ...instanceProblems, ...ownProblems };

export type LifecycleProblemCode = keyof typeof lifecycleProblems;

/**
 * The problem with a name that the provider does not know.
 *
 * @param pointer the member of the request that holds it
 * @param near known names that are similar
 */
export function unknownName(
  code: 'unknown-product' | 'unknown-region' | 'unknown-template' | 'unknown-registry-auth' | 'unknown-network-storage',
  pointer: string,
  value: string,
  near: readonly string[],
): Problem {
  const type = lifecycleProblems[code];
  const detail = `${type.title}: "${value.slice(0, 200)}"`;
  return new Problem(type, {
    detail,
    errors: [{ pointer, detail }],
    ...(near.length === 0
      ? {}
      : { suggestion: `Did you mean ${near.join(', ')}? ${type.suggestion}`, extensions: { nearest: near } }),
  });
}
