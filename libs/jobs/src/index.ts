export * from './job-declaration.js';
export * from './job-queue.port.js';
export * from './lifecycle.jobs.js';
export * from './queues.js';
