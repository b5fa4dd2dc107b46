import { AUTO_STOP_CHECK, SPEND_ACCRUAL } from './auto-stop.jobs.js';
import type { JobDeclaration } from './job-declaration.js';
import { RECONCILE_INSTANCE, STARTUP_MONITOR } from './lifecycle.jobs.js';
import { SYNC_FLEET } from './sync.jobs.js';

/** Every kind of job there is. A worker refuses to start unless each has exactly one handler. */
export const JOB_DECLARATIONS: readonly JobDeclaration[] = [
  RECONCILE_INSTANCE,
  STARTUP_MONITOR,
  SYNC_FLEET,
  AUTO_STOP_CHECK,
  SPEND_ACCRUAL,
];
