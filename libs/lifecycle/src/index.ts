export * from './catalogue.js';
export * from './instance-commands.js';
export { LifecycleModule } from './lifecycle.module.js';
export { LifecycleDegradedModule } from './lifecycle-degraded.module.js';
export { LifecycleWorkerModule } from './lifecycle-worker.module.js';
export { type LifecycleProblemCode, lifecycleProblems } from './problems/lifecycle.problems.js';
export { problemOfNovitaError } from './problems/provider-fault.js';
export { findCluster, isAnyRegion, isSameRegion, unknownRegion } from './region.js';
export { type Waiting, WaitingWishes } from './sweep/waiting-wishes.js';
