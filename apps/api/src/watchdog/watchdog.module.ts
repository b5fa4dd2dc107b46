import { Module } from '@nestjs/common';
import { WatchdogController } from './watchdog.controller.js';

/** Reports of the watchdog. */
@Module({ controllers: [WatchdogController] })
export class WatchdogApiModule {}
