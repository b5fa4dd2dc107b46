import { PLATFORM_PROBLEMS, type ProblemType, type Repeatable } from '@app/platform';
import type { SyncSource } from '@app/sync-status';
import { applyDecorators, HttpCode } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiHeader, ApiOperation, ApiSecurity } from '@nestjs/swagger';
import type { Access } from '../auth/access.js';
import { API_PROBLEMS } from '../errors/api.problems.js';
import { IfNoneMatchHeader } from '../http/entity-tags.js';
import { type AnswerDocs, Answers, ProblemAnswers } from './answers.decorator.js';

export const API_KEY_SCHEME = 'apiKey';

export interface OperationOptions {
  /** Stable: generated clients name their methods by it. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** Whether it honours `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** When its repeat does nothing twice, for a command whose method does not say so. */
  readonly repeatable?: Repeatable;
  /** Whether its answers get an entity tag made of their text. */
  readonly tagged?: boolean;
  /** Whether it says the age of its data itself, of what is older than now; its rejections say none. */
  readonly datesItself?: boolean;
  /** Whether its answer may take so long that what its headers say of the sync is old by then. */
  readonly outlastsSync?: boolean;
  /** The source whose sync its headers speak of, or that its query names it as `source`. Default: Novita. */
  readonly syncSource?: SyncSource | 'as-asked';
  /** Whether the command is accepted while Redis is away: it ends a bill, or says that an instance is in use. */
  readonly acceptedWhileAway?: boolean;
  /** Whether the token of the instance in its path opens it, too. */
  readonly ownInstance?: boolean;
  /** Whether keys with limits may use it, though it is no read: it heeds their limits, or cannot cost anything. */
  readonly limitedKeys?: boolean;
  /** Whether it takes a body, which can be wrong in ways of its own. */
  readonly takesBody?: boolean;
  /** Whether a command takes a query; every other one is refused with one, since `?dryRun=true` must not be passed over. */
  readonly takesQuery?: boolean;
  readonly answers: Readonly<Record<number, AnswerDocs>>;
  /** The failures of its own; those that every route shares are added. */
  readonly problems?: readonly ProblemType[];
}

/** All that a route says besides its path: who may use it, and its page in the OpenAPI document. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { access, idempotent = false, repeatable, tagged = false, datesItself = false } = options;
  const shared: ProblemType[] = [PLATFORM_PROBLEMS['rate-limited']];
  if (access !== 'public') {
    shared.push(
      PLATFORM_PROBLEMS.unauthorized,
      PLATFORM_PROBLEMS['key-expired'],
      // Of reads for the tokens of instances: every key has at least the role of a viewer.
      PLATFORM_PROBLEMS.forbidden,
      PLATFORM_PROBLEMS['dependency-unavailable'],
    );
  }
  if (options.takesBody === true) shared.push(...BODY_PROBLEMS);
  if (options.limitedKeys === true) shared.push(PLATFORM_PROBLEMS['key-limit-reached']);
  const isCommand = access === 'operator' || access === 'admin';
  if (isCommand) shared.push(PLATFORM_PROBLEMS['outcome-unknown']);
  if (isCommand && options.acceptedWhileAway !== true) shared.push(API_PROBLEMS.degraded);
  if (idempotent) {
    shared.push(
      PLATFORM_PROBLEMS['validation-failed'],
      PLATFORM_PROBLEMS['request-in-flight'],
      PLATFORM_PROBLEMS['idempotency-key-reused'],
    );
  }
  return applyDecorators(
    RouteConfig({
      access,
      idempotent,
      ...(repeatable === undefined ? {} : { repeatable }),
      ...(tagged && { tagged }),
      ...(datesItself && { datesItself }),
      ...(options.outlastsSync === true && { outlastsSync: true }),
      ...(options.syncSource !== undefined && { syncSource: options.syncSource }),
      ...(options.takesQuery === true && { takesQuery: true }),
      ...(options.acceptedWhileAway === true && { acceptedWhileAway: true }),
      ...(options.ownInstance === true && { ownInstance: true }),
      ...(options.limitedKeys === true && { limitedKeys: true }),
    }),
    HttpCode(usualStatus(options.answers)),
    ApiOperation({
      operationId: options.id,
      summary: options.summary,
      description: [options.description, accessNote(options)].filter((part) => part !== undefined).join('\n\n'),
      ...(access === 'public' && { security: [] }),
    }),
    ...(access === 'public' ? [] : [ApiSecurity(API_KEY_SCHEME)]),
    ...(idempotent ? [IDEMPOTENCY_HEADER] : []),
    ...(tagged ? [IfNoneMatchHeader('the list')] : []),
    Answers(tagged ? withTag(options.answers) : options.answers),
    ProblemAnswers([...(options.problems ?? []), ...shared]),
  );
}

/** The lowest: an answer with another one says so in its head. */
function usualStatus(answers: OperationOptions['answers']): number {
  return Math.min(...Object.keys(answers).map(Number));
}

const BODY_PROBLEMS = [
  PLATFORM_PROBLEMS['validation-failed'],
  PLATFORM_PROBLEMS['malformed-json'],
  PLATFORM_PROBLEMS['body-too-large'],
  PLATFORM_PROBLEMS['unsupported-media-type'],
];

const IDEMPOTENCY_HEADER = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description:
    'A repeat with the same key and body within 24 hours gets the first answer again, with `Idempotency-Replayed: true`.',
  schema: { type: 'string', minLength: 1, maxLength: 255, example: '0b1f7c1e-9d5e-4a0b-8f3c-2f6f5d8c7a11' },
});

function accessNote({ access, ownInstance = false }: OperationOptions): string {
  if (access === 'public') return 'Needs no key.';
  return `Needs a key of at least the role **${access}**${ownInstance ? ', or the **token of the instance**' : ''}.`;
}

function withTag(answers: OperationOptions['answers']): OperationOptions['answers'] {
  const { 200: list, ...others } = answers;
  if (list === undefined) return answers;
  const headers = { ...list.headers, ETag: 'A weak one of this list; for `If-None-Match`.' };
  return { ...others, 200: { ...list, headers }, 304: { description: 'Not changed.' } };
}
