import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { AutoStopController } from './auto-stop.controller.js';
import { ExplainController } from './explain.controller.js';
import { LeaseController } from './lease.controller.js';

/** Stopping idle instances: the check, its explanations, and leases. */
@Module({
  imports: [InstancesApiModule],
  controllers: [AutoStopController, ExplainController, LeaseController],
})
export class AutoStopApiModule {}
