import { MemoryAutoStopStatsStore } from '../src/stats/memory-auto-stop-stats-store.js';
import { autoStopStatsStoreConformance } from './auto-stop-stats-store.conformance.js';

autoStopStatsStoreConformance(() => {
  const store = new MemoryAutoStopStatsStore();
  return Promise.resolve({ store, other: store });
});
