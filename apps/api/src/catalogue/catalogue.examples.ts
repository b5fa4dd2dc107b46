import type { ClustersView, OffersView, ProductsView, TemplatesView } from './catalogue.dto.js';

const AS_OF = '2026-03-01T10:00:00.000Z';

export const PRODUCTS_EXAMPLE: ProductsView = {
  products: [
    {
      id: '4090.16c62g.os',
      name: 'RTX 4090 24GB',
      inStock: true,
      inventory: 'normal',
      regions: ['CN-HK-01'],
      billingModes: ['onDemand', 'spot'],
      pricePerHour: { onDemand: 0.35, spot: 0.19, monthly: [] },
      cpuPerGpu: 16,
      memoryPerGpu: 62,
      diskPerGpu: 100,
      minRootfs: 10,
      maxRootfs: 500,
      startupEstimateSeconds: 240,
      startupEstimateP95Seconds: 410,
      startupEstimateBasedOn: 38,
    },
  ],
  total: 1,
  asOf: AS_OF,
};

export const OFFERS_EXAMPLE: OffersView = {
  gpus: [
    {
      name: 'RTX 4090 24GB',
      offers: [
        { region: 'EU-01', productId: '4090.8c31g.eu', pricePerHour: 0.33, available: true },
        { region: 'CN-HK-01', productId: '4090.16c62g.os', pricePerHour: 0.37, available: true },
        { region: 'US-01', productId: '4090.16c62g.us', pricePerHour: 0.35, available: false, reason: 'out-of-stock' },
      ],
    },
  ],
  gpuNum: 1,
  billingMode: 'onDemand',
  asOf: AS_OF,
};

export const CLUSTERS_EXAMPLE: ClustersView = {
  clusters: [
    {
      id: '5',
      name: 'CN-HK-01',
      gpuTypes: ['RTX 4090'],
      supportsNetworkStorage: true,
      supportsInstanceNetwork: false,
    },
  ],
  total: 1,
  defaultRegion: 'CN-HK-01',
  asOf: AS_OF,
};

export const TEMPLATES_EXAMPLE: TemplatesView = {
  templates: [
    {
      id: '212',
      name: 'PyTorch 2.6 with Jupyter',
      channel: 'official',
      image: 'pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime',
      rootfsSize: 60,
      ports: [{ port: 8888, protocol: 'http' }],
      envs: [],
    },
  ],
  total: 1,
  asOf: AS_OF,
};
