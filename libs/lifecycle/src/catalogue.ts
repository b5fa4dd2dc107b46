import type { NovitaCluster, NovitaGpuProduct, NovitaTemplate } from '@app/novita-client';
import type { Timestamp } from '@app/platform';

export interface Dated<Value> {
  readonly value: Value;
  /** When it was read at the provider. */
  readonly asOf: Timestamp;
}

/** What can be rented, and how fresh that knowledge is. */
export abstract class Catalogue {
  abstract products(): Promise<Dated<readonly NovitaGpuProduct[]>>;
  abstract clusters(): Promise<Dated<readonly NovitaCluster[]>>;
  abstract templates(): Promise<Dated<readonly NovitaTemplate[]>>;
}
