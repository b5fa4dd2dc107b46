import type { CommandAnswer } from '../instances/instance-view.dto.js';
import { INSTANCE_EXAMPLE } from '../instances/instances.examples.js';
import type { OrphanPageView } from './orphans.dto.js';

const ID = 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
const NOVITA_ID = '0a1b2c3d4e5f6071';

export const ORPHANS_EXAMPLE: OrphanPageView = {
  orphans: [
    {
      novitaInstanceId: NOVITA_ID,
      id: ID,
      name: 'made-at-the-console',
      class: 'unknown',
      status: 'ready',
      novitaStatus: 'running',
      product: { id: '4090.16c62g.os', name: 'RTX 4090 24GB' },
      gpuNum: 1,
      region: 'CN-HK-01',
      pricePerHour: 0.35,
      since: '2026-03-01T09:00:00.000Z',
    },
  ],
  total: 1,
  nextCursor: null,
  usdPerHour: 0.35,
  allUsdPerHour: 0.35,
};

const ADOPTED = {
  ...INSTANCE_EXAMPLE,
  name: 'made-at-the-console',
  origin: 'adopted',
  desiredBy: 'user:ci',
  novitaInstanceId: NOVITA_ID,
  instanceId: ID,
} as const;

export const ADOPT_EXAMPLE: CommandAnswer = {
  ...ADOPTED,
  message: 'Adopted; from now on it is managed as if it had been made here.',
};

const DISCOVERED = { ...ADOPTED, origin: 'discovered', marker: '', desiredBy: 'console' } as const;

export const IGNORE_EXAMPLE: CommandAnswer = {
  ...DISCOVERED,
  message: 'Set aside; it is shown among the ignored ones only.',
};

export const UNIGNORE_EXAMPLE: CommandAnswer = { ...DISCOVERED, message: 'It is listed among the orphans again.' };

export const STOP_ORPHAN_EXAMPLE: CommandAnswer = {
  ...ADOPTED,
  status: 'stopping',
  desired: 'stopped',
  confirmedAt: null,
  message: 'Adopted, and its stop is accepted; it is done when status says stopped.',
};
