import { InstanceStoreModule, JournalModule } from '@app/instance-store';
import { NovitaClientModule } from '@app/novita-client';
import { Module } from '@nestjs/common';
import { EndingCalls } from './degraded/ending-calls.js';
import { EndingEntries } from './degraded/ending-entries.js';
import { EndingLoop } from './degraded/ending-loop.js';
import { JournalReplay } from './degraded/journal-replay.js';
import { JournalRunner } from './degraded/journal-runner.js';
import { LifecycleModule } from './lifecycle.module.js';

/** Carries out what is asked for while Redis is away. For processes that take commands. */
@Module({
  imports: [LifecycleModule, InstanceStoreModule, JournalModule, NovitaClientModule],
  providers: [EndingCalls, EndingEntries, EndingLoop, JournalReplay, JournalRunner],
})
export class LifecycleDegradedModule {}
