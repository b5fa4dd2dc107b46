export { AutoStopModule } from './auto-stop.module.js';
export { AutoStopWorkerModule } from './auto-stop-worker.module.js';
export { AutoStopCheck } from './check/auto-stop-check.js';
export * from './check/auto-stop-commands.port.js';
export * from './check/fleet-picture.port.js';
export { FleetHistory, type FleetSample } from './history/fleet-history.port.js';
export * from './policy/evaluation.js';
export { autoStopProblems } from './problems/auto-stop.problems.js';
export * from './spend/spend-report.port.js';
