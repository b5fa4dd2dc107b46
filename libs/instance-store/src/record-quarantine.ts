import { type QuarantineHandler, QuarantineHandlers, type RetryOutcome } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
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
  async retry(key: string): Promise<RetryOutcome> {
    const id = key as InstanceId;
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

  async discard(key: string): Promise<string | null> {
    const outcome = await this.records.removeUnreadable(key as InstanceId);
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
