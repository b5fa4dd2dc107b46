import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import { BoardQueues } from '../board-queues.port.js';
import { QUEUE_NAMES, type QueueName } from '../queues.js';
import type { BullMqQueues } from './bullmq-queues.js';

/** Total: a queue that nobody has described does not compile. */
const DESCRIPTIONS: Readonly<Record<QueueName, string>> = {
  lifecycle: 'Brings instances to what is wished: one job for each that has something to come',
  sync: 'Makes our picture equal to that of Novita',
  'auto-stop': 'Stops what is idle, and books what runs',
};

/** The queues of BullMQ, as bull-board's own adapters see them. */
export class BullMqBoardQueues extends BoardQueues {
  constructor(private readonly queues: BullMqQueues) {
    super();
  }

  override async adapters(): Promise<readonly BaseAdapter[]> {
    // Loaded only where there is a board: workers have none.
    const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter');
    return QUEUE_NAMES.map(
      (name) =>
        new BullMQAdapter(this.queues.get(name), {
          readOnlyMode: true,
          allowRetries: false,
          description: DESCRIPTIONS[name],
        }),
    );
  }
}
