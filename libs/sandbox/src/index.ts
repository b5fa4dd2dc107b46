export type {
  Fault,
  FaultControls,
  FaultEffect,
  FaultKind,
  FaultScope,
  StandingFault,
} from './faults/fault.js';
export { InvalidFaultError } from './faults/parse-fault.js';
export { type Sandbox, startSandbox } from './sandbox.js';
export type { FirstPage, SandboxOptions } from './sandbox-options.js';
export { FAST, REALISTIC, type SandboxTiming } from './timing.js';
export type { SandboxStatus } from './world/status.js';
export { UnknownInstanceError, WrongStateError } from './world/world.errors.js';
export type { SandboxCall, SandboxInstance, WorldView } from './world/world-view.port.js';
