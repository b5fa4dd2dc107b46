import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { OrphansController } from './orphans.controller.js';

/** Instances at Novita that nothing here manages. */
@Module({
  imports: [InstancesApiModule],
  controllers: [OrphansController],
})
export class OrphansApiModule {}
