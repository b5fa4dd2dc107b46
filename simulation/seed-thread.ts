import { parentPort } from 'node:worker_threads';
import { planOf } from './plan/plan.js';
import { prepareThread, runPlan } from './run-seed.js';
import type { Reply, Task } from './seed-threads.js';
import { shrink } from './shrink.js';

/* What runs in a thread: answers tasks for as long as the thread lives. Time and chance are virtual in it. */

/** Lines of the trace that a failed run shows. */
const TAIL = 40;
/** Of the stacks of errors. They cost more than the errors that carry them, so only runs that are looked at have them. */
const FRAMES = 10;

const port = parentPort;
if (port === null) throw new Error('this runs in a thread');
const send = (reply: Reply): void => port.postMessage(reply);
prepareThread();
port.on('message', (task: Task) => {
  answer(task).then(send, (error: unknown) => {
    // Ends the thread, and with it the command.
    queueMicrotask(() => {
      throw error;
    });
  });
});

async function answer(task: Task): Promise<Reply> {
  Error.stackTraceLimit = task.kind === 'shrink' || task.isTraced ? FRAMES : 0;
  switch (task.kind) {
    case 'run': {
      const onLine = (line: string): void => send({ kind: 'line', line });
      const options = { tailLines: TAIL, ...(task.isTraced && { onLine }) };
      return { kind: 'outcome', outcome: await runPlan(planOf(task.seed, task.days), options) };
    }
    case 'shrink':
      return { kind: 'shrunk', shrunk: await shrink(planOf(task.outcome.seed, task.days), task.outcome) };
  }
}
