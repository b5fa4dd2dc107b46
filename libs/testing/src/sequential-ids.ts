import { IdGenerator } from '@app/platform';

/** Ids that a test can foretell; valid ULIDs that differ in both their time and their random part. */
export class SequentialIds extends IdGenerator {
  private next = 1;

  override ulid(): string {
    const digits = String(this.next++).padStart(10, '0');
    return `${digits}000000${digits}`;
  }
}
