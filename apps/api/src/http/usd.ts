/** A sum of USD without the dust of floating point; sums of prices per second are below a cent. */
export function usd(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
