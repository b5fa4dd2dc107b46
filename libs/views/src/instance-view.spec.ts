import type { NovitaInstanceId } from '@app/instance-store';
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

  it('says since when it is missing, and nothing while it is not', () => {
    expect(renderInstance(full, true)).not.toHaveProperty('missingSince');
    expect(renderInstance({ ...full, missingSince: at('11:30:00') }, false).missingSince).toBe(at('11:30:00'));
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
