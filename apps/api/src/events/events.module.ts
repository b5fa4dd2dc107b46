import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { KubernetesApiModule } from '../kubernetes/kubernetes.module.js';
import { CurrentList } from './current-list.js';
import { EventFanOut } from './event-fan-out.js';
import { EventLog, EventStreams } from './event-streams.js';
import { EventTexts } from './event-texts.js';
import { EventsController } from './events.controller.js';

/** The stream of what happens to the fleet. */
@Module({
  imports: [InstancesApiModule, KubernetesApiModule],
  controllers: [EventsController],
  providers: [CurrentList, EventFanOut, EventLog, EventStreams, EventTexts],
})
export class EventsApiModule {}
