import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { DashboardController } from './dashboard.controller.js';
import { DashboardReads } from './dashboard-figures.js';
import { MeController } from './me.controller.js';
import { NextStopReads, StoredFigureReads } from './stored-figures.js';

/** The fleet at a glance, and who asks. */
@Module({
  imports: [InstancesApiModule],
  controllers: [DashboardController, MeController],
  providers: [DashboardReads, NextStopReads, StoredFigureReads],
})
export class DashboardApiModule {}
