import { MemoryInstanceStore } from '@app/instance-store';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { describe } from 'vitest';
import { instanceStoreConformance } from './instance-store.conformance.js';

Logger.overrideLogger(false);

describe('MemoryInstanceStore', () => {
  instanceStoreConformance((options = {}) => {
    const clock = new FakeClock();
    return { clock, store: new MemoryInstanceStore(clock, options) };
  });
});
