import {
  type InstanceId,
  type InstanceRecord,
  type KeyCaller,
  keyLimitReached,
  OverCapError,
  type UnderCap,
} from '@app/instance-store';

/** What all instances of a key with limits may cost an hour at this moment, and by which of its limits. */
export interface SpendCap {
  readonly usdPerHour: number;
  /** `usdPerDay`: what today has left, spread over the hours until midnight. */
  readonly limit: 'usdPerHour' | 'usdPerDay';
  /** What of its instances the store does not count, so that the write is told less. */
  readonly uncounted: { readonly usdPerHour: number; readonly unpriced: readonly InstanceId[] };
}

/**
 * The cap of a write that may begin a cost. A key with limits never begins one without.
 * @throws Error when nobody has made the cap of such a key: it is closed, not open
 */
export function underCap({ keyName, limits }: KeyCaller, cap: SpendCap | undefined): UnderCap {
  if (limits === undefined) return {};
  if (cap === undefined) throw new Error(`the key "${keyName}" has limits, and its cap was not made`);
  const { usdPerHour, uncounted } = cap;
  return { capUsdPerHour: uncounted.unpriced.length > 0 ? 0 : Math.max(0, usdPerHour - uncounted.usdPerHour) };
}

/**
 * The error of a write as the caller gets it.
 * @param record what was to cost something
 */
export function orKeyLimit(
  error: unknown,
  { name, spec }: Pick<InstanceRecord, 'name' | 'spec'>,
  { keyName }: KeyCaller,
  cap: SpendCap | undefined,
): unknown {
  if (!(error instanceof OverCapError) || cap === undefined) return error;
  const { wantedUsdPerHour } = error;
  const { uncounted } = cap;
  const othersUsdPerHour = error.othersUsdPerHour + uncounted.usdPerHour;
  const unpriced = error.unpriced + uncounted.unpriced.length;
  const extensions = {
    limit: cap.limit,
    capUsdPerHour: cap.usdPerHour,
    committedUsdPerHour: othersUsdPerHour,
    ...(wantedUsdPerHour !== null && { wantedUsdPerHour }),
    ...(unpriced > 0 && { unpriced }),
  };
  if (wantedUsdPerHour === null) {
    return keyLimitReached({
      detail: `What ${name} would cost is not known, so it cannot be held against the limits of the key "${keyName}".`,
      suggestion: 'Choose a product whose price GET /api/v1/products shows.',
      extensions,
    });
  }
  if (unpriced > 0) {
    return keyLimitReached({
      detail: `What ${unpriced} of the instances of the key "${keyName}" cost is not known${named(uncounted.unpriced)}, so nothing may be begun beside them.`,
      suggestion: 'Stop them, or wait until their prices are known.',
      extensions,
    });
  }
  const left = Math.max(0, cap.usdPerHour - othersUsdPerHour);
  return keyLimitReached({
    detail: `${name} (${spec.gpuNum} × ${spec.productName}) costs ${dollars(wantedUsdPerHour)} an hour. The other instances of the key "${keyName}" cost ${dollars(othersUsdPerHour)}, those included that are being made, and ${capText(cap)}; ${dollars(left)} are left.`,
    suggestion: 'Choose something cheaper, or stop what is not needed any more.',
    extensions,
  });
}

const MAX_NAMED = 5;

function named(ids: readonly InstanceId[]): string {
  if (ids.length === 0) return '';
  return ` (${ids.slice(0, MAX_NAMED).join(', ')}${ids.length > MAX_NAMED ? ', …' : ''})`;
}

function capText({ usdPerHour, limit }: SpendCap): string {
  if (limit === 'usdPerHour') return `together they may cost ${dollars(usdPerHour)} an hour`;
  return `what is left of its limit for today allows ${dollars(usdPerHour)} an hour`;
}

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;
