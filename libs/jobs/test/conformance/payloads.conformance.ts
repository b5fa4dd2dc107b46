import { describe, expect, it } from 'vitest';
import { SYNC_FLEET, SyncPayload } from '../../src/catalogue/catalogue.js';
import type { JobPayload } from '../../src/catalogue/job.js';
import { InvalidJobPayloadError } from '../../src/catalogue/job.js';
import { JobHandlers } from '../../src/running/job-handlers.js';
import { until } from '../fixtures.js';
import type { Bench } from './bench.js';

const PAYLOAD: SyncPayload = {
  runId: '01JABCDEFGHJKMNPQRSTVWXYZ0',
  trigger: 'manual',
  requestedBy: 'user:ops',
  forceSync: true,
  handleObsoleteInstances: false,
  dryRun: false,
  resources: 'instances,gpu-products',
  unlessRunSince: 1_763_800_000_000,
  retry: 0,
};

/** Payloads of more than words. */
export function itCarriesPayloads(bench: Bench): void {
  describe('a payload with numbers and truth values', () => {
    const startRecording = async (): Promise<readonly JobPayload[]> => {
      const seen: JobPayload[] = [];
      const handle = async (payload: JobPayload): Promise<void> => void seen.push(payload);
      await bench.start(new JobHandlers([{ job: SYNC_FLEET, handler: { handle } }]));
      return seen;
    };

    it('arrives as it was enqueued', async () => {
      const seen = await startRecording();
      await bench.queue.enqueue(SYNC_FLEET, PAYLOAD);
      await until(() => seen.length === 1);
      expect(seen[0]).toEqual(PAYLOAD);
      expect(seen[0]).toBeInstanceOf(SyncPayload);
    });

    it('arrives as it was scheduled', async () => {
      const seen = await startRecording();
      await bench.queue.schedule('sync', SYNC_FLEET, PAYLOAD, 60_000);
      await until(() => seen.length === 1);
      expect(seen[0]).toEqual(PAYLOAD);
      await bench.queue.unschedule('sync', SYNC_FLEET);
    });

    it.each([
      ['a number as a word', { retry: '0' }],
      ['a truth value as a word', { dryRun: 'false' }],
      ['a fraction', { unlessRunSince: 0.5 }],
      ['an unknown trigger', { trigger: 'whim' }],
    ])('is refused with %s', async (_, misfit) => {
      await startRecording();
      const payload = { ...PAYLOAD, ...misfit } as SyncPayload;
      await expect(bench.queue.enqueue(SYNC_FLEET, payload)).rejects.toThrow(InvalidJobPayloadError);
    });
  });
}
