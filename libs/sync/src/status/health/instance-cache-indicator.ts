import { InstanceRecords } from '@app/instance-store';
import { HealthIndicatorRegistry } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';

/** Shows how many records of instances there are; one look at the counters of the store. */
@Injectable()
export class InstanceCacheIndicator implements OnModuleInit {
  constructor(
    private readonly records: InstanceRecords,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      name: 'instanceCache',
      needed: false,
      check: async () => ({ size: (await this.records.counts()).total }),
    });
  }
}
