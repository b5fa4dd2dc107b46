/** Novita serves the API in three places; each fails for itself, so each has a circuit breaker of its own. */
export const NOVITA_SURFACES = ['gpu', 'metrics', 'billing'] as const;
export type NovitaSurface = (typeof NOVITA_SURFACES)[number];

/** The prefix of the paths of each surface. */
export const SURFACE_PATHS: Record<NovitaSurface, string> = {
  gpu: '/gpu-instance/openapi/v1',
  metrics: '/openapi/v1',
  billing: '/openapi/v1',
};

/**
 * The one thing that a request is about. Only a request with a subject can say that its subject does not exist: a
 * create that names an unknown image is a refused request, not a vanished instance.
 */
export type NovitaSubject = 'instance' | 'template';

/**
 * - `read`: changes nothing and may be repeated.
 * - `command`: changes something that exists. Repeating it blindly could undo a newer command.
 * - `create`: makes something that costs money. Repeating it blindly buys it twice.
 */
export type NovitaEffect = 'read' | 'command' | 'create';

export type QueryValue = string | number | undefined;

export interface NovitaRequest<Answer> {
  readonly effect: NovitaEffect;
  readonly surface: NovitaSurface;
  /** Below the surface, such as `/gpu/instance/create`. Never holds an id, so it names the call in errors and metrics. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly subject: NovitaSubject | null;
  /** Texts of the request that must not come back in an error message, such as values of environment variables. */
  readonly secrets?: readonly string[];
  /** @throws UnreadableAnswerError when the answer is not of the documented shape */
  readonly parse: (answer: unknown) => Answer;
  /**
   * Reads an accepted answer from its bytes, for answers so big that making values of all of it is too dear. Null, as for
   * every error, leaves the answer to `parse`.
   */
  readonly parseBytes?: (bytes: Buffer) => Answer | null;
}

export function methodOf(request: Pick<NovitaRequest<unknown>, 'effect'>): 'GET' | 'POST' {
  return request.effect === 'read' ? 'GET' : 'POST';
}

/** The name of a call in errors, logs and metrics: `POST /gpu/instance/create`. */
export function callName(request: Pick<NovitaRequest<unknown>, 'effect' | 'path'>): string {
  return `${methodOf(request)} ${request.path}`;
}

/** The query with every value escaped; keys without a value are left out. */
export function queryString(query: Readonly<Record<string, QueryValue>> = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
