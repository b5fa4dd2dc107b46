import { Module } from '@nestjs/common';
import { ActivityController } from './activity.controller.js';

/** What happened to the fleet lately. */
@Module({ controllers: [ActivityController] })
export class ActivityApiModule {}
