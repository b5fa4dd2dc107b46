import { type NovitaCpuProduct, type NovitaGpuProduct, oneMonthUsdPerGpuHour } from '@app/novita-client';
import type { PriceBook } from '../reconcile/observation.js';

/** The book when no prices could be read. */
export const NO_PRICES: PriceBook = { usdPerHour: () => null };

/**
 * Prices by product. A product that is not known by its id is searched for by its name, which counts only when all of
 * that name cost the same: the same machine differs in price from region to region. The provider does not say for how
 * many months a machine was bought, so a monthly one counts with the price of one month.
 */
export function priceBookOf(gpus: readonly NovitaGpuProduct[], cpus: readonly NovitaCpuProduct[]): PriceBook {
  const gpuById = new Map(gpus.map((product) => [product.id, product]));
  const gpusByName = Map.groupBy(gpus, ({ name }) => name);
  const cpuById = new Map(cpus.map((product) => [product.id, product]));
  const cpusByName = Map.groupBy(cpus, ({ name }) => name);

  return {
    usdPerHour({ productId, productName, gpuNum, billingMode }) {
      const gpu = productId === null ? undefined : gpuById.get(productId);
      if (gpu !== undefined) return timesGpus(usdPerGpuHour(gpu, billingMode), gpuNum);
      const cpu = productId === null ? undefined : cpuById.get(productId);
      if (cpu !== undefined) return cpu.usdPerHour;
      if (productName === null) return null;
      const named = gpusByName.get(productName)?.map((product) => usdPerGpuHour(product, billingMode));
      if (named !== undefined) return timesGpus(theOnly(named), gpuNum);
      return theOnly(cpusByName.get(productName)?.map(({ usdPerHour }) => usdPerHour) ?? []);
    },
  };
}

/** @param billingMode the provider's word; none means on demand, as it does to the provider */
function usdPerGpuHour(product: NovitaGpuProduct, billingMode: string | null): number | null {
  switch (billingMode) {
    case null:
    case '':
    case 'onDemand':
      return product.onDemandUsdPerHour;
    case 'spot':
      return product.spotUsdPerHour;
    case 'monthly':
      return oneMonthUsdPerGpuHour(product);
    default:
      return null;
  }
}

function timesGpus(usdPerGpuHour: number | null, gpuNum: number): number | null {
  return usdPerGpuHour === null || gpuNum < 1 ? null : usdPerGpuHour * gpuNum;
}

function theOnly(prices: readonly (number | null)[]): number | null {
  const [first] = prices;
  return first !== undefined && prices.every((price) => price === first) ? first : null;
}
