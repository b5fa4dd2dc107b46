import { Clock } from '@app/platform';
import type { ClusterSettings } from '../client/cluster-access.js';
import { connectCluster } from '../client/kubernetes-client.js';
import { ClusterAbilities, Reflector } from '../reflector/reflector.js';
import { identityOf } from './cluster-recognition.js';
import type { KubernetesCounters } from './kubernetes-counters.js';
import { type ConnectedCluster, ReflectorSource } from './reflector-source.js';

/** Reflectors of the cluster that is configured. */
export class ClusterReflectorSource extends ReflectorSource {
  /** What the cluster cannot do is remembered over sessions. */
  private readonly abilities = new ClusterAbilities();

  constructor(
    private readonly settings: ClusterSettings,
    private readonly clock: Clock,
    private readonly counters: KubernetesCounters,
  ) {
    super();
  }

  override async connect(signal: AbortSignal): Promise<ConnectedCluster> {
    const { abilities, clock, counters } = this;
    const client = await connectCluster(this.settings, clock, signal);
    return {
      identity: (ends) => identityOf(client, ends),
      reflector: (row, scope, sink) =>
        new Reflector({
          client,
          row,
          scope,
          sink,
          clock,
          abilities,
          onEvent: (event) => {
            if (event.kind === 'failed') counters.callFailed(event.error);
          },
        }),
      close: () => client.close(),
    };
  }
}
