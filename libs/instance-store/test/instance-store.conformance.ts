import { describe } from 'vitest';
import { auditLogConformance } from './audit-log.conformance.js';
import { bulkConformance } from './bulk.conformance.js';
import { changeFeedConformance } from './change-feed.conformance.js';
import { feedConformance } from './feed.conformance.js';
import { fencingConformance } from './fencing.conformance.js';
import { fleetEventsConformance } from './fleet-events.conformance.js';
import type { MakeStore } from './harness.js';
import { heldStopsConformance } from './held-stops.conformance.js';
import { idleConformance } from './idle.conformance.js';
import { idleClaimsConformance } from './idle-claims.conformance.js';
import { listingDigestsConformance } from './listing-digests.conformance.js';
import { modelConformance } from './model.conformance.js';
import { raceConformance } from './race.conformance.js';
import { restoreConformance } from './restore.conformance.js';
import { scanConformance } from './scan.conformance.js';
import { spendConformance } from './spend.conformance.js';
import { spendPropertiesConformance } from './spend-properties.conformance.js';
import { unconfirmedConformance } from './unconfirmed.conformance.js';
import { writeConformance } from './write.conformance.js';

/** All that the port promises. Every adapter must pass it. */
export function instanceStoreConformance(makeStore: MakeStore): void {
  describe('records', () => {
    writeConformance(makeStore);
  });
  heldStopsConformance(makeStore);
  describe('going through all', () => {
    scanConformance(makeStore);
  });
  describe('restoring', () => {
    restoreConformance(makeStore);
  });
  describe('events of writes', () => {
    feedConformance(makeStore);
  });
  describe('change feed', () => {
    changeFeedConformance(makeStore);
  });
  describe('listing digests', () => {
    listingDigestsConformance(makeStore);
  });
  describe('bulk', () => {
    bulkConformance(makeStore);
  });
  describe('fencing', () => {
    fencingConformance(makeStore);
  });
  describe('idle deadlines', () => {
    idleConformance(makeStore);
    idleClaimsConformance(makeStore);
  });
  describe('audit log', () => {
    auditLogConformance(makeStore);
  });
  describe('spend', () => {
    spendConformance(makeStore);
    spendPropertiesConformance(makeStore);
  });
  describe('events of the fleet', () => {
    fleetEventsConformance(makeStore);
  });
  describe('unconfirmed stops and deletes', () => {
    unconfirmedConformance(makeStore);
  });
  describe('races', () => {
    raceConformance(makeStore);
  });
  describe('against a model', () => {
    modelConformance(makeStore);
  });
}
