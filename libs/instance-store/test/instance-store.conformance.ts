import { describe } from 'vitest';
import { feedConformance } from './feed.conformance.js';
import type { MakeStore } from './harness.js';
import { listConformance } from './list.conformance.js';
import { modelConformance } from './model.conformance.js';
import { raceConformance } from './race.conformance.js';
import { writeConformance } from './write.conformance.js';

/** All that the port promises. Every adapter must pass it. */
export function instanceStoreConformance(makeStore: MakeStore): void {
  describe('records', () => {
    writeConformance(makeStore);
  });
  describe('lists', () => {
    listConformance(makeStore);
  });
  describe('change feed', () => {
    feedConformance(makeStore);
  });
  describe('races', () => {
    raceConformance(makeStore);
  });
  describe('against a model', () => {
    modelConformance(makeStore);
  });
}
