export { KINDS, type KindRow, KUBERNETES_KINDS, type KubernetesKind } from './model/kinds.js';
export {
  type ApiObject,
  type Resource,
  type ResourceEvent,
  type ResourceEventType,
  type ResourceKey,
  resourceKey,
} from './model/resource.js';
export type { ReflectorSink, ReflectorState, WatchChange } from './reflector/reflector-sink.js';
export { type KindFreshness, KubernetesView, type ResourcePage, type ResourceQuery } from './view/kubernetes-view.js';
