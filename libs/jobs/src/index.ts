export * from './catalogue/catalogue.js';
export {
  InvalidJobPayloadError,
  type JobBackoff,
  type JobContext,
  type JobDeclaration,
  type JobHandler,
  type JobPayload,
  QUEUE_NAMES,
  type QueueName,
  type RunAgain,
} from './catalogue/job.js';
export {
  BoardQueues,
  JobQueue,
  jobProblems,
  noWorker,
  type QueueCounts,
  QueueUnavailableError,
  ReconcileRequests,
  WorkerPresence,
} from './catalogue/job-queue.port.js';
export { NoJobHandlersError } from './in-process/in-process-job-queue.js';
export { JobsModule } from './jobs.module.js';
export { JobsWorkerModule } from './jobs-worker.module.js';
export { type JobHandlerClasses, JobHandlersError } from './running/job-handlers.js';
export { type OverdueDeadline, overdueCounter } from './running/job-metrics.js';
export { JobTimeoutError } from './running/run-job.js';
export { JitteredRounds, RoundsTimer } from './schedules/jittered-rounds.js';
export { type JobSchedule, JobSchedules } from './schedules/job-schedules.js';
export { ScheduleSettings } from './schedules/schedule.settings.js';
