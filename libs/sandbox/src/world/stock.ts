import { clustersOf, DEFAULT_STOCK, GPU_PRODUCTS, type GpuProduct } from '../catalogue/gpu-products.js';

/** How many GPUs of a product are free in a cluster. */
export class Stock {
  private readonly free = new Map<string, number>();

  constructor() {
    for (const product of GPU_PRODUCTS) {
      for (const cluster of clustersOf(product)) {
        this.free.set(key(product.id, cluster.id), product.stock?.[cluster.name] ?? DEFAULT_STOCK);
      }
    }
  }

  available(productId: string, clusterId: string): number {
    return this.free.get(key(productId, clusterId)) ?? 0;
  }

  /** @returns false, and takes nothing, when there are not so many */
  take(productId: string, clusterId: string, gpus: number): boolean {
    const left = this.available(productId, clusterId) - gpus;
    if (left < 0) return false;
    this.free.set(key(productId, clusterId), left);
    return true;
  }

  giveBack(productId: string, clusterId: string, gpus: number): void {
    this.free.set(key(productId, clusterId), this.available(productId, clusterId) + gpus);
  }

  /** Sets what is free wherever the product is offered. */
  refill(product: GpuProduct, gpus: number): void {
    for (const cluster of clustersOf(product)) this.free.set(key(product.id, cluster.id), gpus);
  }

  /** @param clusterId one cluster, or all that offer it when null */
  total(product: GpuProduct, clusterId: string | null): number {
    return this.perCluster(product, clusterId).reduce((sum, free) => sum + free, 0);
  }

  /** The most that one cluster has free. @param clusterId see `total` */
  best(product: GpuProduct, clusterId: string | null): number {
    return Math.max(0, ...this.perCluster(product, clusterId));
  }

  private perCluster(product: GpuProduct, clusterId: string | null): number[] {
    const clusters = clustersOf(product).filter((cluster) => clusterId === null || cluster.id === clusterId);
    return clusters.map((cluster) => this.available(product.id, cluster.id));
  }
}

function key(productId: string, clusterId: string): string {
  return `${productId}@${clusterId}`;
}
