import { type Clock, delay, SECOND_MS, timestampFromMs } from '@app/platform';
import { ApiserverError, type ApiserverErrorKind } from '../client/apiserver-error.js';
import type { KubernetesClient } from '../client/kubernetes-client.js';
import { KINDS } from '../model/kinds.js';
import type { ReflectorState } from '../reflector/reflector-sink.js';
import type { ClusterIdentity } from '../store/resource-store.js';
import type { ConnectedCluster } from './reflector-source.js';

/** This namespace lives exactly as long as its cluster. */
const OLDEST = 'kube-system';
/** Errors by which a cluster does not say who it is: for a moment, or never to this caller. */
const UNNAMED: ReadonlySet<ApiserverErrorKind> = new Set(['forbidden', 'invalid']);
const FIRST_PAUSE_MS = SECOND_MS;
const LONGEST_PAUSE_MS = 30 * SECOND_MS;

/**
 * Asks a cluster who it is. Only what is mirrored anyway needs to be allowed.
 *
 * @throws ApiserverError while it cannot be asked
 */
export async function identityOf(
  client: Pick<KubernetesClient, 'address' | 'list'>,
  signal: AbortSignal,
): Promise<ClusterIdentity> {
  const { address } = client;
  try {
    const scope = { kind: 'namespace', namespace: OLDEST } as const;
    const { objects } = await client.list(KINDS.Namespace, scope, { limit: 1, continueToken: null }, signal);
    const oldest = objects.find(({ metadata }) => metadata.name === OLDEST);
    return { uid: oldest?.metadata.uid ?? null, address };
  } catch (error) {
    if (error instanceof ApiserverError && UNNAMED.has(error.kind)) return { uid: null, address };
    throw error;
  }
}

/**
 * Whether both are certainly not one cluster. An address proves nothing: certificate authorities are replaced, load
 * balancers too. Pure.
 */
export function isAnotherCluster(one: ClusterIdentity, other: ClusterIdentity): boolean {
  return one.uid !== null && other.uid !== null && one.uid !== other.uid;
}

/**
 * Waits until the cluster says who it is.
 *
 * @param show gets why that cannot be known at present
 * @returns null when the signal was aborted before
 */
export async function recognized(
  cluster: Pick<ConnectedCluster, 'identity'>,
  clock: Clock,
  signal: AbortSignal,
  show: (state: ReflectorState) => void,
): Promise<ClusterIdentity | null> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await cluster.identity(signal);
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof ApiserverError)) throw error;
      const waitMs = Math.max(pauseMs, error.retryAfterMs ?? 0);
      const nextAt = timestampFromMs(clock.now() + waitMs);
      show({ phase: 'waiting', reason: reasonOf(error.kind), error: error.message, nextAt });
      await delay(waitMs, signal);
    }
  }
  return null;
}

function reasonOf(kind: ApiserverErrorKind): Extract<ReflectorState, { phase: 'waiting' }>['reason'] {
  switch (kind) {
    case 'unauthorized':
    case 'unreachable':
      return kind;
    case 'throttled':
      return 'overloaded';
    case 'absent':
    case 'forbidden':
    case 'gone':
    case 'invalid':
    case 'malformed':
    case 'server':
    case 'too-large-answer':
    case 'too-large-version':
      return 'refused';
  }
}
