import { type QuarantineHandler, QuarantineHandlers, type RetryOutcome } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandJournal } from './journal/command-journal.js';
import { InstanceRecords } from './ports/instance-records.port.js';
import type { InstanceId } from './record/identity.js';
import { CorruptRecordError } from './record/parse-record.js';

/** Reads records again that were set aside, and removes those that nobody can read any more. */
@Injectable()
export class RecordQuarantine implements QuarantineHandler, OnModuleInit {
  constructor(
    private readonly records: InstanceRecords,
    private readonly handlers: QuarantineHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register('record', this);
    this.handlers.register('record-newer', this);
  }

  /** A record that can be read is written again as it is, so that the feed brings it to every process. */
  async retry(where: string): Promise<RetryOutcome> {
    const id = where as InstanceId;
    try {
      const stored = await this.records.get(id);
      if (stored === null) return 'gone';
      // Whoever wrote it meanwhile has brought it to everybody.
      await this.records.write(stored.record, { kind: 'command' });
      return 'readable';
    } catch (error) {
      if (error instanceof CorruptRecordError) return 'unreadable';
      throw error;
    }
  }

  async discard(where: string): Promise<string | null> {
    const outcome = await this.records.removeUnreadable(where as InstanceId);
    switch (outcome) {
      case 'removed':
      case 'missing':
        return null;
      case 'readable':
        return 'the record can be read again: try it again instead';
      case 'newer':
        return 'a later release wrote the record, and can read it';
      case 'no-index':
        return 'its index entry is damaged too, so what refers to it cannot be found: restore its key from a backup';
      case 'changed':
        return 'the record was written meanwhile: look at it again';
    }
  }
}

/** Reads lines of a journal again that were set aside: a release that knows them takes the commands over. */
@Injectable()
export class JournalQuarantine implements QuarantineHandler, OnModuleInit {
  constructor(
    private readonly journal: CommandJournal,
    private readonly handlers: QuarantineHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register('journal-line', this);
  }

  async retry(where: string): Promise<RetryOutcome> {
    const isReadable = await this.journal.takeSetAside(where);
    if (isReadable === null) {
      return { refused: `the file ${where} is not in DATA_DIR of the process that was asked; ask the one whose it is` };
    }
    return isReadable ? 'readable' : 'unreadable';
  }

  /** A file in the folder of another process stays: it harms nobody. */
  async discard(where: string): Promise<string | null> {
    await this.journal.dropSetAside(where);
    return null;
  }
}
