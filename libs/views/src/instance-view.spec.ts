import type { Migration, NovitaInstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { renderInstance } from './instance-view.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

const full = anInstance({
  novitaInstanceId: 'abc' as NovitaInstanceId,
  name: 'llama',
  status: 'failed',
  novitaStatus: 'exited',
  observedAt: at('11:00:00'),
  confirmedAt: at('10:30:00'),
  spec: {
    envs: [{ key: 'A', value: 'hidden' }],
    templateId: '212',
    region: 'CN-HK-01',
    image: 'nginx',
    imageAuthId: 'auth-1',
  },
  timestamps: {
    created: at('09:00:00'),
    started: at('09:01:00'),
    ready: at('09:02:00'),
    stopped: at('10:00:00'),
    terminated: at('11:00:00'),
  },
  deadlines: { nextReconcileAt: at('12:00:01') },
  autoStop: { enabled: true, thresholdMinutes: 2.5 },
  connection: {
    ssh: { command: 'ssh x', password: 'hidden' },
    jupyter: 'https://jupyter',
    webTerminal: { address: 'https://terminal', username: 'root', password: 'hidden' },
    portMappings: [{ port: 80, type: 'http', endpoint: 'https://x' }],
  },
  webhookUrl: 'https://hidden',
  lastError: { code: 'startup-failed', message: 'm', at: at('10:00:00'), retryable: true, suggestion: 's' },
  probes: [{ port: 80, protocol: 'http', ok: false, at: at('09:59:00'), detail: '502' }],
});

describe('the view of an instance', () => {
  it('names its members as the interface promises', () => {
    expect(renderInstance(full, true)).toEqual({
      id: full.id,
      name: 'llama',
      status: 'failed',
      novitaInstanceId: 'abc',
      novitaStatus: 'exited',
      origin: 'managed',
      createdBy: 'user:test',
      owner: 'user:test',
      marker: full.marker,
      desired: 'running',
      desiredBy: 'user:test',
      desiredAt: at('09:00:00'),
      gpuNum: 1,
      rootfsSize: 60,
      region: 'CN-HK-01',
      product: { id: 'prod-rtx-4090', name: 'RTX 4090 24GB' },
      billingMode: 'onDemand',
      pricePerHour: 0.35,
      billedNow: 'running',
      cost: { usd: 0, asOf: '2026-01-01T09:01:00.000Z', usdPerHour: 0.35, countedFrom: '2026-01-01T09:01:00.000Z' },
      templateId: '212',
      image: 'nginx',
      envs: [{ key: 'A', value: 'hidden' }],
      portMappings: [{ port: 80, type: 'http', endpoint: 'https://x' }],
      connectionDetails: {
        ssh: { command: 'ssh x', password: 'hidden' },
        jupyter: 'https://jupyter',
        webTerminal: { address: 'https://terminal', username: 'root', password: 'hidden' },
      },
      probes: [{ port: 80, protocol: 'http', ok: false, at: at('09:59:00'), detail: '502' }],
      createdAt: at('09:00:00'),
      startedAt: at('09:01:00'),
      readyAt: at('09:02:00'),
      stoppedAt: at('10:00:00'),
      terminatedAt: at('11:00:00'),
      observedAt: at('11:00:00'),
      confirmedAt: at('10:30:00'),
      autoStop: { enabled: true, thresholdMinutes: 2.5 },
      webhookUrl: 'https://hidden',
      lastError: { code: 'startup-failed', message: 'm', at: at('10:00:00'), retryable: true, suggestion: 's' },
      revision: 1,
    });
  });

  it('says when its lifetime ends, and nothing of one without', () => {
    expect(renderInstance(full, false)).not.toHaveProperty('lifetime');
    expect(renderInstance({ ...full, maxLifetimeMinutes: 150 }, false).lifetime).toEqual({
      maxMinutes: 150,
      endsAt: at('11:30:00'),
    });
  });

  it('says since when it is missing, and nothing while it is not', () => {
    expect(renderInstance(full, true)).not.toHaveProperty('missingSince');
    expect(renderInstance({ ...full, missingSince: at('11:30:00') }, false).missingSince).toBe(at('11:30:00'));
  });

  it('shows what is, or was, bought in place of a migration, and nothing before an offer is chosen', () => {
    const product = { productId: 'p', productName: 'L40S 48GB', clusterId: '1', region: 'US-01', usdPerHour: 0.33 };
    const migration: Migration = {
      state: 'under-way',
      reclaimSeenAt: at('10:00:00'),
      since: at('10:00:00'),
      attempts: 1,
      requestedAt: at('10:01:00'),
      jobId: null,
      endedJobId: null,
      nextAttemptAt: null,
      arrivedAt: null,
      replaced: null,
      agreedUsdPerHour: 0.3,
    };
    const shown = (fallback: Migration['fallback']) =>
      renderInstance({ ...full, migration: { ...migration, ...(fallback && { fallback }) } }, false).migration;
    const bought = { product: 'L40S 48GB', region: 'US-01', pricePerHour: 0.33, agreedPricePerHour: 0.3 };
    expect(shown({ state: 'bought', product })).toMatchObject({ boughtInstead: { ...bought, isConfirmed: true } });
    expect(shown({ state: 'open', product, refused: [] })).toMatchObject({
      boughtInstead: { ...bought, isConfirmed: false },
    });
    for (const none of [undefined, { state: 'due', refused: [] } as const]) {
      expect(shown(none)).not.toHaveProperty('boughtInstead');
    }
  });

  it('keeps every secret from those who may not see it', () => {
    const view = renderInstance(full, false);
    expect(JSON.stringify(view)).not.toContain('hidden');
    expect(view.envs).toEqual([{ key: 'A' }]);
    expect(view.connectionDetails.ssh).toEqual({ command: 'ssh x' });
  });

  it('shows nothing of the inside', () => {
    const text = JSON.stringify(renderInstance(full, true));
    for (const inner of ['attempts', 'nextReconcileAt', 'foreignChange', 'fallbacks', 'auth-1']) {
      expect(text).not.toContain(inner);
    }
  });
});
