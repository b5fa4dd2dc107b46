/** A product and the place to ask for it, in the order in which creates fall back. */
export interface ProductCandidate {
  readonly productId: string;
  readonly productName: string;
  readonly clusterId: string | null;
  readonly region: string | null;
  /** USD per hour for the whole instance (all its GPUs) in the wanted billing mode; null when it is not known. */
  readonly usdPerHour: number | null;
}
