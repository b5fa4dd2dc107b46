import { Logger } from '@nestjs/common';
import type { StoredInstance } from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { CorruptRecordError } from '../record/corrupt-record.error.js';
import { parseRecord } from '../record/parse-record.js';
import type { RecordVersion } from './record-version.js';
import type { RememberedRecord, RememberedRecords } from './remembered-records.js';

/** One record as scripts answer it. */
export interface RecordReply {
  readonly id: InstanceId;
  readonly version: RecordVersion;
  /** Epoch milliseconds; null or empty when it was never used. */
  readonly lastUsed: string | null;
  /** Null when the caller said that it remembers this version. */
  readonly doc: string | null;
}

/** Turns answers of scripts into records, each parsed once per version. */
export class RecordReader {
  private readonly logger = new Logger('InstanceStore');

  constructor(private readonly remembered: RememberedRecords) {}

  /**
   * @param known what the caller remembered when it asked; needed when `doc` is null
   * @throws CorruptRecordError
   */
  read(reply: RecordReply, known: RememberedRecord | null = this.remembered.of(reply.id)): StoredInstance {
    if (known !== null && known.version === reply.version) return known.usedAt(reply.lastUsed);
    if (reply.doc === null) throw new CorruptRecordError(reply.id, 'it has no document');
    const { record, warnings } = parseRecord(reply.doc, reply.id);
    this.warn(record.id, warnings);
    return this.remembered.remember(reply.id, reply.version, record, reply.doc.length).usedAt(reply.lastUsed);
  }

  /** As `read`, but a record that cannot be read is logged and left out, so that it does not spoil its page. */
  readOrSkip(reply: RecordReply, known?: RememberedRecord | null): StoredInstance | null {
    try {
      return this.read(reply, known);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      this.logger.error(`${error.message}; left out`);
      return null;
    }
  }

  warn(id: InstanceId, warnings: readonly string[]): void {
    for (const warning of warnings) this.logger.warn(`instance ${id}: ${warning}`);
  }
}
