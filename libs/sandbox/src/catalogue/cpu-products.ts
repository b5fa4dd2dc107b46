export interface CpuProduct {
  readonly id: string;
  readonly name: string;
  readonly cpuNum: number;
  /** GB. */
  readonly memorySize: number;
  readonly rootfsSize: number;
  readonly localVolumeSize: number;
  /** 1/100000 USD per hour. */
  readonly price: number;
  /** Cluster names. */
  readonly regions: readonly string[];
  readonly availableDeploy: boolean;
}

export const CPU_PRODUCTS: readonly CpuProduct[] = [
  {
    id: 'cpu.4c8g',
    name: 'CPU 4 vCPU 8GB',
    cpuNum: 4,
    memorySize: 8,
    rootfsSize: 20,
    localVolumeSize: 50,
    price: 8_000,
    regions: ['US-01 (Dallas)', 'EU-01', 'CN-HK-01'],
    availableDeploy: true,
  },
  {
    id: 'cpu.8c16g',
    name: 'CPU 8 vCPU 16GB',
    cpuNum: 8,
    memorySize: 16,
    rootfsSize: 40,
    localVolumeSize: 100,
    price: 16_000,
    regions: ['US-01 (Dallas)', 'CN-HK-01'],
    availableDeploy: true,
  },
  {
    id: 'cpu.32c64g',
    name: 'CPU 32 vCPU 64GB',
    cpuNum: 32,
    memorySize: 64,
    rootfsSize: 60,
    localVolumeSize: 200,
    price: 60_000,
    regions: ['EU-01'],
    availableDeploy: false,
  },
];
