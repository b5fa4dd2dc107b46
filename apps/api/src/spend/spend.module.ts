import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { SpendController } from './spend.controller.js';

/** What the fleet costs. */
@Module({
  imports: [InstancesApiModule],
  controllers: [SpendController],
})
export class SpendApiModule {}
