import type { ResourcePageView, ResourceView } from './resources.dto.js';

export const RESOURCE_EXAMPLE: ResourceView = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'trainer-0',
    namespace: 'default',
    uid: '6d1c7c2e-8a3f-4b55-9a51-0f2d7f1f2a10',
    resourceVersion: '48211',
    creationTimestamp: '2026-03-01T09:00:00Z',
    labels: { app: 'trainer' },
  },
  spec: {
    nodeName: 'gpu-1',
    containers: [{ name: 'main', image: 'trainer:3', resources: { requests: { 'nvidia.com/gpu': '1' } } }],
  },
  status: { phase: 'Running', podIP: '10.0.1.17' },
};

export const RESOURCE_PAGE_EXAMPLE: ResourcePageView = { items: [RESOURCE_EXAMPLE], total: 1, nextCursor: null };
