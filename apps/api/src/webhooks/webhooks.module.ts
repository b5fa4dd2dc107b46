import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { WebhookDeliveriesController } from './deliveries.controller.js';
import { WebhookEndpointsController } from './endpoints.controller.js';

/** Webhooks: where they are sent, and what became of them. */
@Module({
  imports: [InstancesApiModule],
  controllers: [WebhookEndpointsController, WebhookDeliveriesController],
})
export class WebhooksApiModule {}
