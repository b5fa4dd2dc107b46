import { Module } from '@nestjs/common';
import { TakeOver } from './take-over.js';
import { WatchdogController } from './watchdog.controller.js';

/** Reports of the watchdog. */
@Module({ controllers: [WatchdogController], providers: [TakeOver] })
export class WatchdogApiModule {}
