import { Module } from '@nestjs/common';
import { QueueSessionController } from './queue-session.controller.js';

/** The sessions of the board of the queues; `serveQueueBoard` makes its own routes. */
@Module({
  controllers: [QueueSessionController],
})
export class QueueBoardModule {}
