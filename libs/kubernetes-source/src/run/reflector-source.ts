import type { Scope } from '../client/resource-requests.js';
import type { KindRow } from '../model/kinds.js';
import type { ReflectorSink } from '../reflector/reflector-sink.js';
import type { ClusterIdentity } from '../store/resource-store.js';

export interface RunningReflector {
  /** Comes back when the signal is aborted. @throws what the sink throws */
  run(signal: AbortSignal): Promise<void>;
  /** Has the full set read anew, at once. */
  relist(): void;
}

/** A cluster that can be reached by what is configured. */
export interface ConnectedCluster {
  /** @throws ApiserverError while it cannot be asked */
  identity(signal: AbortSignal): Promise<ClusterIdentity>;
  reflector(row: KindRow, scope: Scope, sink: ReflectorSink): RunningReflector;
  close(): Promise<void>;
}

/** Where the runner gets its reflectors from. */
export abstract class ReflectorSource {
  /**
   * @param signal gives it up, and ends what was started for it
   * @throws when what is configured leads to no cluster; the message says why, without a secret
   */
  abstract connect(signal: AbortSignal): Promise<ConnectedCluster>;
}
