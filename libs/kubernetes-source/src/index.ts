export { ApiserverError, type ApiserverErrorKind } from './client/apiserver-error.js';
export { type ClusterSettings, SERVICE_ACCOUNT_FOLDER } from './client/cluster-access.js';
export { ClusterAccessError, type ClusterAccessProblem } from './client/kubeconfig.js';
export { connectCluster, type KubernetesClient } from './client/kubernetes-client.js';
export {
  describeScope,
  isSelected,
  type NamespaceSelection,
  type Scope,
  scopesOf,
} from './client/resource-requests.js';
export { KubernetesSettings } from './kubernetes.settings.js';
export { KubernetesSourceModule, KubernetesStoreModule } from './kubernetes-source.module.js';
export { KubernetesSourceWorkerModule } from './kubernetes-source-worker.module.js';
export { KINDS, type KindRow, KUBERNETES_KINDS, type KubernetesKind } from './model/kinds.js';
export {
  type ApiObject,
  type Resource,
  type ResourceEvent,
  type ResourceEventType,
  type ResourceKey,
  resourceKey,
} from './model/resource.js';
export { ClusterAbilities, Reflector, type ReflectorEvent, type ReflectorOptions } from './reflector/reflector.js';
export type { ReflectorSink, ReflectorState, WatchChange } from './reflector/reflector-sink.js';
export { KubernetesRunner } from './run/kubernetes-runner.js';
export type { RelistRequest } from './run/mirror-session.js';
export type { Relist } from './run/pending-relists.js';
export { type KindProgress, RunReporter, RunReports, type RunStep, type RunTrigger } from './run/run-reporter.js';
export { ResourceStore, ResourceStoreUnavailableError } from './store/resource-store.js';
export { type KindFreshness, KubernetesView, type ResourcePage, type ResourceQuery } from './view/kubernetes-view.js';
export { LoadedKubernetesView } from './view/loaded-view.js';
