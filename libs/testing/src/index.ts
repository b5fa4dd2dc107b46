export { aNovitaInstance } from './a-novita-instance.js';
export { aNewInstance, anInstance, type InstanceOverrides } from './an-instance.js';
export { FakeClock, jobHandlers, MemoryLog, SequentialIds } from './doubles.js';
export { type PartialNovita, partialNovita } from './partial-novita.js';
export { hasSeries, metricViolations, runPromtool, type SelectedMetric, selectedBy } from './prometheus.js';
export { SandboxNovita } from './sandbox-novita.js';
export * from './servers.js';
export { SpanRecorder } from './span-recorder.js';
export { redisAnswers, seedInstances, storeOf } from './store.js';
