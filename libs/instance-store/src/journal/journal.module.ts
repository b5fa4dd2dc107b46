import { Global, Module } from '@nestjs/common';
import { ChangeFeedModule } from '../instance-store.module.js';
import { CommandJournal } from './command-journal.js';
import { DegradedMode } from './degraded-mode.js';
import { JournalReport } from './journal-report.js';

/** Takes commands while the store is away. For processes that take commands and keep the fleet in memory. */
@Global()
@Module({
  imports: [ChangeFeedModule],
  providers: [CommandJournal, DegradedMode, JournalReport],
  exports: [CommandJournal, DegradedMode],
})
export class JournalModule {}
