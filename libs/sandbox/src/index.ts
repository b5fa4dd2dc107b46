export type { FirstPage } from './api/paging.js';
export type {
  Fault,
  FaultControls,
  FaultEffect,
  FaultKind,
  FaultScope,
  StandingFault,
} from './faults/fault.js';
export { InvalidFaultError } from './faults/parse-fault.js';
export type { KubernetesCall } from './kubernetes/api-server.js';
export type {
  FaceVerb,
  KubernetesFault,
  KubernetesFaultEffect,
  KubernetesFaultScope,
  StandingKubernetesFault,
} from './kubernetes/faults.js';
export { FACE_KINDS, type FaceKind } from './kubernetes/kinds.js';
export { type KubernetesFace, type KubernetesFaceOptions, startKubernetesFace } from './kubernetes/kubernetes-face.js';
export type { KubernetesObject } from './kubernetes/stored-object.js';
export {
  type InProcessSandbox,
  type Sandbox,
  type SandboxOptions,
  sandboxInProcess,
  startSandbox,
} from './sandbox.js';
export { FAST, REALISTIC, type SandboxTiming } from './timing.js';
export { type SandboxStatus, WrongStateError } from './world/status.js';
export {
  type SandboxCall,
  type SandboxInstance,
  UnknownInstanceError,
  type WorldView,
} from './world/world-view.port.js';
