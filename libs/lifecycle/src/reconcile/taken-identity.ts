import { type IdentityTakenError, InstanceRecords } from '@app/instance-store';
import { Injectable, Logger } from '@nestjs/common';

/**
 * Settles who an instance at the provider belongs to. It can have been listed, and noted as made elsewhere, before the
 * record that made it learned its id; the marker in its name says whose it is.
 */
@Injectable()
export class TakenIdentity {
  private readonly logger = new Logger(TakenIdentity.name);

  constructor(private readonly records: InstanceRecords) {}

  /** @throws the error again when the holder is not merely a discovered one: two records of ours must not share it */
  async release(error: IdentityTakenError): Promise<void> {
    const holder = await this.records.get(error.holder);
    if (holder === null) return;
    if (holder.record.origin !== 'discovered') throw error;
    this.logger.log('a discovered record gives way to the one that made the instance', { instanceId: error.holder });
    await this.records.remove(holder.record.id, holder.record.revision);
  }
}
