export { Catalogue, type Dated } from './catalogue/catalogue-cache.js';
export { findCluster, isAnyRegion, isSameRegion, unknownRegion } from './catalogue/region.js';
export * from './commands/instance-commands.js';
export { LifecycleDegradedModule, LifecycleModule } from './lifecycle.module.js';
export { LifecycleWorkerModule } from './lifecycle-worker.module.js';
export { type LifecycleProblemCode, lifecycleProblems } from './problems/lifecycle.problems.js';
export { problemOfNovitaError } from './problems/provider-errors.js';
export { ReconcileProcessor } from './reconcile/reconcile.processor.js';
export { UnconfirmedCommands, type Waiting } from './sweep/unconfirmed.js';
