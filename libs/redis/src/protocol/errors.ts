import { StartError } from '@app/platform';

/** Why Redis cannot be used. */
export type RedisTroubleKind =
  /** No answer: refused, broken or silent. */
  | 'away'
  | 'replica'
  | 'loading'
  | 'full'
  /** It takes no writes because it could not save its data. */
  | 'cannot-save'
  | 'password'
  /** The user lacks the right to a command or to our keys. */
  | 'right'
  /** Our keys are on another node of a cluster. */
  | 'cluster'
  /** No node of a cluster serves our keys: it was formed without them, or a failover is not over. */
  | 'cluster-down'
  /** It is there, and is another kind of server than REDIS_URL says. */
  | 'other-kind'
  | 'busy';

export interface RedisTrouble {
  readonly kind: RedisTroubleKind;
  /** Follows "Redis", or "Redis at host:port": for logs, health and problems alike. Holds no address and no secret. */
  readonly text: string;
}

const KINDS: ReadonlyMap<string, RedisTroubleKind> = new Map([
  ['READONLY', 'replica'],
  // A blocked command is cut off when its server becomes a replica.
  ['UNBLOCKED', 'replica'],
  ['MASTERDOWN', 'replica'],
  ['LOADING', 'loading'],
  ['OOM', 'full'],
  ['MISCONF', 'cannot-save'],
  ['WRONGPASS', 'password'],
  ['NOAUTH', 'password'],
  ['NOPERM', 'right'],
  ['MOVED', 'cluster'],
  ['CLUSTERDOWN', 'cluster-down'],
  ['CROSSSLOT', 'cluster'],
  // A cluster that moves our slot serves it again when it has been moved.
  ['ASK', 'busy'],
  ['BUSY', 'busy'],
  ['TRYAGAIN', 'busy'],
  ['NOREPLICAS', 'busy'],
]);

/** Answers of a cluster when another node owns our slot, or is about to. */
const NOT_THE_OWNER: ReadonlySet<string> = new Set(['MOVED', 'CLUSTERDOWN']);

const TEXTS: Readonly<Record<Exclude<RedisTroubleKind, 'right' | 'busy'>, string>> = {
  away: 'cannot be reached',
  replica: 'is a read-only replica: REDIS_URL must name the primary',
  loading: 'is still loading its data',
  full: 'is full: it has reached its maxmemory and takes no writes',
  'cannot-save': 'takes no writes because it could not save its data (MISCONF; its log says why)',
  password: 'refuses the user name or password of REDIS_URL',
  cluster:
    'does not hold our keys: it is one node of a cluster, which REDIS_URL names as redis-cluster://host:port,host:port',
  'cluster-down': 'is a cluster in which no node serves our keys at present',
  'other-kind': 'is another kind of server than REDIS_URL says',
};

/** REDIS_URL leads to no server that takes our writes. Says so in the words of `RedisTrouble`. */
export class NoPrimaryError extends Error {
  override readonly name = 'NoPrimaryError';

  constructor(
    readonly kind: 'away' | 'cluster-down' | 'other-kind',
    text: string,
  ) {
    super(text);
  }
}

/**
 * The answer of a server that was asked as a Sentinel or as a node of a cluster, and is none; the error itself for any other
 * answer.
 */
export function orOtherKind(error: unknown, asked: 'sentinel' | 'cluster'): unknown {
  if (!(error instanceof Error) || !NOT_THAT_KIND.test(error.message)) return error;
  return new NoPrimaryError('other-kind', OTHER_KINDS[asked]);
}

/** A Sentinel knows no command of a cluster, nor a server one of a Sentinel. */
const NOT_THAT_KIND = /^ERR (?:unknown command '?(?:SENTINEL|CLUSTER)\b|.*cluster support disabled)/i;

const OTHER_KINDS: Readonly<Record<'sentinel' | 'cluster', string>> = {
  sentinel: 'is no Sentinel: REDIS_URL names a server as redis://host:port, and a cluster as redis-cluster://host:port',
  cluster:
    'is no node of a cluster: REDIS_URL names a single server as redis://host:port, and Sentinels as redis-sentinel://host:port/name',
};

/** A Sentinel that was asked as a server. */
export function sentinelAsServer(): NoPrimaryError {
  const text = 'is a Sentinel, which holds no data: REDIS_URL names it as redis-sentinel://host:port/name';
  return new NoPrimaryError('other-kind', text);
}

/** The server has not received the command, and will not. It says what its cause says. */
export class CommandNotSentError extends Error {
  override readonly name = 'CommandNotSentError';
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message);
    this.cause = cause;
  }
}

/**
 * Classifies the error of a Redis call. The one place that reads error texts of Redis.
 *
 * @returns null for an error of our own: a wrong question, or an error that a script of ours raised
 */
export function redisTrouble(error: unknown): RedisTrouble | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof NoPrimaryError) return { kind: error.kind, text: error.message };
  if (error instanceof CommandNotSentError) return redisTrouble(error.cause);
  const message = messageOf(error);
  const kind = KINDS.get(codeIn(message)) ?? kindByText(message);
  if (kind === undefined) {
    return isConnectionError(error) ? { kind: 'away', text: TEXTS.away } : null;
  }
  if (kind === 'right') return { kind, text: `refuses its user a right that is needed: ${rightIn(message)}` };
  if (kind === 'busy') return { kind, text: `cannot serve at the moment (${codeIn(message)})` };
  return { kind, text: TEXTS[kind] };
}

/**
 * Whether the connection should be left, because the same address may lead to a server that can serve.
 *
 * @param findsOwner whether the next connection leads to the node of a cluster that owns our slot by then
 */
export function shouldLeaveConnection(error: Error, findsOwner = false): boolean {
  if (findsOwner && NOT_THE_OWNER.has(codeIn(messageOf(error)))) return true;
  const kind = redisTrouble(error)?.kind;
  return kind === 'replica' || kind === 'loading';
}

function messageOf(error: Error): string {
  // Older servers put the answer to a command of a script behind a preamble of their own.
  const inScript = /^ERR Error running script .*?-([A-Z]+ .*)$/s.exec(error.message);
  return inScript?.[1] ?? error.message;
}

const codeIn = (message: string): string => /^([A-Z]+)\b/.exec(message)?.[1] ?? '';

function kindByText(message: string): RedisTroubleKind | undefined {
  if (/^ERR (?:invalid password|.*AUTH.* (?:called|without any password))/i.test(message)) return 'password';
  if (/^ERR The user executing the script can't (?:run|access)/.test(message)) return 'right';
  return undefined;
}

function rightIn(message: string): string {
  const command = /'([\w|]+)' command|run the '([\w|]+)'/i.exec(message);
  const name = command?.[1] ?? command?.[2];
  if (name !== undefined) return `the command ${name.toUpperCase()}`;
  if (/key/i.test(message)) return 'access to our keys, which all begin with {REDIS_KEY_PREFIX}';
  if (/channel/i.test(message)) return 'access to channels';
  return 'a command that a script runs';
}

/** Messages of ioredis about a connection, and ours about an answer that did not come in time. */
const CONNECTION_TEXTS =
  /connection (?:is )?(?:close|abort|discard)|timed? ?out|isn't (?:writeable|ready)|max retries per request|startup nodes|node is (?:disconnected|available)|cluster is (?:ended|disconnect)|redirections|sentinels|no (?:Sentinel|node of the cluster) answers|no answer from Redis/i;
/** Such as ECONNREFUSED, in an error that was made from another one's message. */
const ERRNO = /\bE[A-Z]{4,}\b/;

/** Other errors come from a library that was used wrongly, or from a bug: they do not say that Redis is away. */
function isConnectionError(error: Error): boolean {
  if (error.name === 'ReplyError' || error instanceof TypeError || error instanceof RangeError) return false;
  // Errors of the operating system and of TLS have a code; Node's own begin with ERR_.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code !== '') return !code.startsWith('ERR_') || /^ERR_(?:TLS|SSL|STREAM)/.test(code);
  return CONNECTION_TEXTS.test(error.message) || ERRNO.test(error.message);
}

/**
 * The reply of a call to Redis, or what its failure means to those who called.
 *
 * @param unavailable makes the error of a Redis that cannot serve; its text says why, as in "Redis is full: ..."
 * @throws what `unavailable` makes; the call's own error when the mistake is ours
 */
export async function orUnavailable<Reply>(
  reply: Promise<Reply>,
  unavailable: (text: string, cause: unknown) => Error,
): Promise<Reply> {
  try {
    return await reply;
  } catch (error) {
    const trouble = redisTrouble(error);
    throw trouble === null ? error : unavailable(`Redis ${trouble.text}`, error);
  }
}

/** Redis cannot be used at boot. The message names host, port and cause, and no password. */
export class RedisUnavailableError extends StartError {
  override readonly name = 'RedisUnavailableError';

  constructor(address: string, cause: unknown) {
    super(`Redis at ${address} ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  const trouble = redisTrouble(cause);
  if (trouble !== null && (trouble.kind !== 'away' || cause instanceof NoPrimaryError)) return trouble.text;
  return `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
}
