import {
  type DayCap,
  type InstanceId,
  type InstanceRecord,
  type KeyCaller,
  keyLimitReached,
  OverCapError,
  type UnderCap,
} from '@app/instance-store';

/** What all instances of a key with limits may cost from this moment on. */
export interface SpendCap {
  readonly usdPerHour: number;
  /** What is left of today, before what its instances cost in the rest of it; null for a key without a limit of the day. */
  readonly day: DayCap | null;
  /** What of its instances the store does not count, which the cap of a write is therefore lowered by. */
  readonly uncounted: {
    readonly usdPerHour: number;
    readonly todayUsd: number;
    readonly unpriced: readonly InstanceId[];
  };
}

/**
 * The cap of a write that may begin a cost. A key with limits never begins one without.
 * @throws Error when nobody has made the cap of such a key: it is closed, not open
 */
export function underCap(caller: KeyCaller, cap: SpendCap | undefined): UnderCap {
  const own = capOf(caller, cap);
  if (own === null) return {};
  const { usdPerHour, uncounted } = own;
  const capUsdPerHour = uncounted.unpriced.length > 0 ? 0 : Math.max(0, usdPerHour - uncounted.usdPerHour);
  return { capUsdPerHour, ...ofDay(own) };
}

/** The cap of a write that may prolong a cost: an hour is no dearer by it, a day is. @throws Error as `underCap` */
export function underCapOfDay(caller: KeyCaller, cap: SpendCap | undefined): UnderCap {
  if (caller.limits?.usdPerDay === null) return {};
  const own = capOf(caller, cap);
  return own === null ? {} : ofDay(own);
}

function capOf({ keyName, limits }: KeyCaller, cap: SpendCap | undefined): SpendCap | null {
  if (limits === undefined) return null;
  if (cap === undefined) throw new Error(`the key "${keyName}" has limits, and its cap was not made`);
  return cap;
}

function ofDay({ day, uncounted }: SpendCap): Pick<UnderCap, 'capOfDay'> {
  if (day === null) return {};
  return { capOfDay: { ...day, leftUsd: uncounted.unpriced.length > 0 ? 0 : day.leftUsd - uncounted.todayUsd } };
}

/**
 * The error of a write as the caller gets it.
 * @param record what was to cost something
 * @param asked the limit that the write was held against where no sum says which one it is
 */
export function orKeyLimit(
  error: unknown,
  { name, spec }: Pick<InstanceRecord, 'name' | 'spec'>,
  { keyName, limits }: KeyCaller,
  cap: SpendCap | undefined,
  asked: 'usdPerHour' | 'usdPerDay' = 'usdPerHour',
): unknown {
  if (!(error instanceof OverCapError) || cap === undefined) return error;
  const { wantedUsdPerHour, day } = error;
  const { uncounted } = cap;
  const othersUsdPerHour = error.othersUsdPerHour + uncounted.usdPerHour;
  const unpriced = error.unpriced + uncounted.unpriced.length;
  const extensions = {
    limit: day === null ? asked : 'usdPerDay',
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
  const costs = `${name} (${spec.gpuNum} × ${spec.productName}) costs ${dollars(wantedUsdPerHour)} an hour`;
  if (day !== null && cap.day !== null) {
    const othersTodayUsd = day.othersUsd + uncounted.todayUsd;
    const leftTodayUsd = Math.max(0, cap.day.leftUsd - othersTodayUsd);
    return keyLimitReached({
      detail: `${costs}: ${dollars(day.wantedUsd)} until its lifetime or the day of UTC ends. Of the ${dollars(limits?.usdPerDay ?? 0)} that the key "${keyName}" may spend a day, ${dollars(Math.max(0, cap.day.leftUsd))} are not spent, and its other instances may cost ${dollars(othersTodayUsd)} of that, each until its lifetime or the day ends; ${dollars(leftTodayUsd)} are left.`,
      suggestion:
        'Choose something cheaper, or a shorter maxLifetimeMinutes; or stop what is not needed any more, or wait for the next day of UTC.',
      extensions: { ...extensions, wantedTodayUsd: day.wantedUsd, leftTodayUsd },
    });
  }
  const left = Math.max(0, cap.usdPerHour - othersUsdPerHour);
  return keyLimitReached({
    detail: `${costs}. The other instances of the key "${keyName}" cost ${dollars(othersUsdPerHour)}, those included that are being made, and together they may cost ${dollars(cap.usdPerHour)} an hour; ${dollars(left)} are left.`,
    suggestion: 'Choose something cheaper, or stop what is not needed any more.',
    extensions,
  });
}

const MAX_NAMED = 5;

function named(ids: readonly InstanceId[]): string {
  if (ids.length === 0) return '';
  return ` (${ids.slice(0, MAX_NAMED).join(', ')}${ids.length > MAX_NAMED ? ', …' : ''})`;
}

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;
