import type { ComprehensiveAnswer } from '../comprehensive/comprehensive.dto.js';
import { INSTANCE_EXAMPLE } from './examples.js';

const MANAGED = {
  id: INSTANCE_EXAMPLE.novitaInstanceId,
  name: `${INSTANCE_EXAMPLE.name}${INSTANCE_EXAMPLE.marker}`,
  status: 'running',
  region: 'CN-HK-01',
  productId: '4090.16c62g.os',
  productName: 'RTX 4090 24GB',
  gpuNum: 1,
  billingMode: 'onDemand',
  createdAt: '2026-03-01T09:55:02.000Z',
  startedAt: '2026-03-01T09:55:04.000Z',
} as const;

export const COMPREHENSIVE_EXAMPLE: ComprehensiveAnswer = {
  success: true,
  message: '2 instances shown; 1 in both, 0 only here, 1 only at Novita',
  data: {
    instances: [
      { ...INSTANCE_EXAMPLE, presence: 'both', novita: MANAGED },
      { presence: 'novita-only', novita: { ...MANAGED, id: '0a1b2c3d4e5f6071', name: 'made-at-the-console' } },
    ],
    totalInstances: 2,
    novitaInstances: 2,
    localInstances: 1,
    mergedInstances: 1,
    localOnlyInstances: 0,
    novitaOnlyInstances: 1,
    listing: { clean: true, startedAt: '2026-03-01T10:00:00.000Z' },
    options: { syncLocalState: false, includeNovitaOnly: true },
    duration: 412,
    timestamp: '2026-03-01T10:00:00.412Z',
  },
};
