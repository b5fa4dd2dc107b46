import type { CreateInstanceInput, Instance, MeView, OffersView } from '@novita-fleet/client';
import { CommandFailure, EXIT } from './failure.js';
import { dollars, duration, oneLine } from './output.js';

/*
 * What an act would come to, before it is done. Pure. A plan says in sentences what begins, what ends and what goes on costing; its
 * facts are what a confirmation rests on.
 */

type Act = 'create' | 'start' | 'stop' | 'restart' | 'delete' | 'lease';

export interface Plan {
  readonly act: Act;
  /** Null for one that is not made yet. */
  readonly instanceId: string | null;
  readonly sentences: readonly string[];
  /** USD per hour that begin, or go on longer, with it; 0 for nothing. */
  readonly beginsUsdPerHour: number;
  /** USD per hour that end; null where it is not known. */
  readonly endsUsdPerHour: number | null;
  /** USD that it can cost at most before it ends by itself; null where nothing begins, or nothing ends it. */
  readonly atMostUsd: number | null;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

const DAY_MS = 86_400_000;
/** What an agent rents ends by itself, also where its key has no limits. */
const USUAL_LIFETIME_MINUTES = 480;

/** A create as an agent asks for it. */
export interface CreateArguments
  extends Pick<CreateInstanceInput, 'name' | 'image' | 'templateId' | 'ports' | 'rootfsSize' | 'command' | 'envs'> {
  readonly gpu: string;
  readonly gpus: number;
  readonly region?: string;
  readonly billing: 'onDemand' | 'spot';
  readonly lifetimeMinutes?: number;
  readonly stopAfterIdleMinutes?: number;
}

export interface CreatePlan extends Plan {
  /** The one offer that was planned, by its product, so that its price stands. */
  readonly body: CreateInstanceInput;
}

type Limits = MeView['limits'];

/**
 * @param offers of GPUs whose names hold the wanted one, for as many GPUs and that billing
 * @param namesakes how many live instances have the name already
 * @throws CommandFailure for what cannot be had, and for what nobody knows the price of
 */
export function planCreate(asked: CreateArguments, offers: OffersView, namesakes: number, limits: Limits): CreatePlan {
  const { offer, gpu } = chosenOffer(asked, offers);
  const { pricePerHour } = offer;
  if (pricePerHour === undefined) {
    throw new CommandFailure(`what ${gpu} costs is not known, so it is not rented; list_prices shows what is known`);
  }
  const maxLifetimeMinutes =
    asked.lifetimeMinutes ?? Math.min(USUAL_LIFETIME_MINUTES, (limits?.hoursPerInstance ?? 24) * 60);
  const atMostUsd = (pricePerHour * maxLifetimeMinutes) / 60;
  const idle = asked.stopAfterIdleMinutes;
  const { name, image, templateId, ports, rootfsSize, command, envs } = asked;
  return {
    act: 'create',
    instanceId: null,
    sentences: [
      `Rents ${asked.gpus} × ${gpu} in ${offer.region ?? 'a region that Novita chooses'} as "${name}": ${dollars(pricePerHour)} an hour from when it runs.`,
      `It ends by itself ${duration(maxLifetimeMinutes * 60_000)} after its creation, whatever its use: ${dollars(atMostUsd)} at most.`,
      idle === undefined
        ? "It is stopped earlier when it stands unused for as long as the fleet's setting says."
        : `It is stopped earlier when it stands unused for ${duration(idle * 60_000)}.`,
      ...(asked.billing === 'spot' ? ['Novita may take a spot instance back at any time.'] : []),
      ...(namesakes === 0 ? [] : [`Note: ${namesakes} of this name ${namesakes === 1 ? 'is' : 'are'} there already.`]),
      ...limitSentences(pricePerHour, limits),
    ],
    beginsUsdPerHour: pricePerHour,
    endsUsdPerHour: 0,
    atMostUsd,
    facts: { productId: offer.productId, region: offer.region ?? null, usdPerHour: pricePerHour, maxLifetimeMinutes },
    body: {
      name,
      productId: offer.productId,
      gpuNum: asked.gpus,
      billingMode: asked.billing,
      maxLifetimeMinutes,
      maxPricePerHour: pricePerHour,
      ...(offer.region !== undefined && { region: offer.region }),
      ...(image !== undefined && { image }),
      ...(templateId !== undefined && { templateId }),
      ...(ports !== undefined && { ports }),
      ...(rootfsSize !== undefined && { rootfsSize }),
      ...(command !== undefined && { command }),
      ...(envs !== undefined && { envs }),
      ...(idle !== undefined && { autoStop: { enabled: true, thresholdMinutes: idle } }),
    },
  };
}

/** The cheapest in stock: in the region where one is named, else anywhere. @throws CommandFailure */
function chosenOffer(
  { gpu, region }: CreateArguments,
  { gpus }: OffersView,
): { readonly gpu: string; readonly offer: OffersView['gpus'][number]['offers'][number] } {
  const wanted = gpu.trim().toLowerCase();
  const exact = gpus.filter(({ name }) => name.toLowerCase() === wanted);
  const meant = exact.length > 0 ? exact : gpus.filter(({ name }) => name.toLowerCase().startsWith(`${wanted} `));
  const [only, ...others] = meant;
  if (only === undefined) {
    throw new CommandFailure(`there is no GPU "${gpu}"; list_prices shows what there is`, EXIT.notFound);
  }
  if (others.length > 0) {
    throw new CommandFailure(
      `several GPUs are called "${gpu}": ${meant.map(({ name }) => name).join(', ')}`,
      EXIT.usage,
    );
  }
  const inStock = only.offers.filter(({ available }) => available);
  const there = inStock.filter((offer) => region === undefined || isRegion(offer.region, region));
  const [best] = there.toSorted((a, b) => (a.pricePerHour ?? Infinity) - (b.pricePerHour ?? Infinity));
  if (best !== undefined) return { gpu: only.name, offer: best };
  const places = [...new Set(inStock.map((offer) => offer.region ?? 'a region that Novita chooses'))];
  const elsewhere = places.length === 0 ? 'nowhere at present' : `in ${places.join(', ')}`;
  throw new CommandFailure(
    `${only.name} is not to be had${region === undefined ? '' : ` in ${region}`}; it is in stock ${elsewhere}`,
  );
}

/** `US-01` is `US-01 (Dallas)`, as in a create. */
function isRegion(known: string | undefined, wanted: string): boolean {
  const [a = '', b = ''] = [known, wanted].map((region) => region?.trim().toLowerCase());
  return a === b || a.startsWith(`${b} (`);
}

/**
 * What the catalogue asks now for what an instance runs on; null where it does not say.
 * @param offers for as many GPUs and that billing
 */
export function listedPrice({ product, region }: Instance, { gpus }: OffersView): number | null {
  const own = gpus.flatMap(({ offers }) => offers).filter(({ productId }) => productId === product.id);
  const there = own.find((offer) => offer.region === region) ?? (own.length === 1 ? own[0] : undefined);
  return there?.pricePerHour ?? null;
}

/**
 * What a command to an instance would come to.
 * @param listed what the catalogue asks for it now, for a start; null where it does not say
 * @throws CommandFailure for a start whose price is not known
 */
export function planCommand(
  act: Exclude<Act, 'create' | 'lease'>,
  instance: Instance,
  limits: Limits,
  now: number,
  listed: number | null = null,
): Plan {
  const price = instance.pricePerHour ?? null;
  const isBilled = instance.billedNow !== undefined;
  const isMonthly = instance.billingMode === 'monthly';
  const ends = isBilled && !isMonthly ? price : 0;
  const name = oneLine(instance.name);
  const base = {
    act,
    instanceId: instance.id,
    facts: { status: instance.status, desired: instance.desired, usdPerHour: price },
  };
  const common = [`${name} is ${instance.status}; it was made by ${instance.owner}.`];
  switch (act) {
    case 'start': {
      if (price === null) throw new CommandFailure(`what ${name} costs is not known, so it is not started`);
      const left = lifetimeLeftMs(instance, now);
      const atMostUsd = left === null ? null : (price * left) / 3_600_000;
      const end =
        left === null
          ? 'It has no end of its own.'
          : `It ends by itself in ${duration(left)}: ${dollars(atMostUsd)} at most.`;
      return {
        ...base,
        facts: { ...base.facts, listedUsdPerHour: listed },
        sentences: [
          ...common,
          `Starting it costs ${dollars(price)} an hour. ${end}`,
          ...(listed === null || listed === price
            ? []
            : [
                `Note: that is its price of when it was made; the catalogue lists it at ${dollars(listed)} an hour now, which Novita may bill.`,
              ]),
          ...limitSentences(price, limits),
        ],
        beginsUsdPerHour: price,
        endsUsdPerHour: 0,
        atMostUsd,
      };
    }
    case 'restart':
      return {
        ...base,
        sentences: [...common, `A restart ends what runs on it; it goes on costing ${dollars(price)} an hour.`],
        beginsUsdPerHour: 0,
        endsUsdPerHour: 0,
        atMostUsd: null,
      };
    case 'stop':
      return {
        ...base,
        sentences: [
          ...common,
          ...leaseSentences(instance, now),
          `A stop ends what runs on it, and ${endText(ends, isBilled, isMonthly)}`,
          'Its disk stays, and Novita may bill for that.',
        ],
        beginsUsdPerHour: 0,
        endsUsdPerHour: ends,
        atMostUsd: null,
      };
    case 'delete':
      return {
        ...base,
        sentences: [
          ...common,
          ...leaseSentences(instance, now),
          `Deleting it ends what runs on it and removes its disk for good, and ${endText(ends, isBilled, isMonthly)}`,
        ],
        beginsUsdPerHour: 0,
        endsUsdPerHour: ends,
        atMostUsd: null,
      };
  }
}

/** A lease keeps an instance from being stopped as idle: what it costs until its end is the price of the lease. */
export function planLease(instance: Instance, minutes: number, now: number): Plan {
  const price = instance.pricePerHour ?? null;
  if (price === null)
    throw new CommandFailure(`what ${oneLine(instance.name)} costs is not known, so it is not leased`);
  const left = lifetimeLeftMs(instance, now);
  const ms = Math.min(minutes * 60_000, left ?? Number.POSITIVE_INFINITY);
  const atMostUsd = (price * ms) / 3_600_000;
  return {
    act: 'lease',
    instanceId: instance.id,
    sentences: [
      `${oneLine(instance.name)} is ${instance.status}; it was made by ${instance.owner}.`,
      ...leaseSentences(instance, now),
      `The lease keeps it from being stopped as idle for ${duration(minutes * 60_000)}, and then ends by itself: ${dollars(price)} an hour, ${dollars(atMostUsd)} at most.`,
      ...(left !== null && left < minutes * 60_000 ? [`Its lifetime ends earlier, in ${duration(left)}.`] : []),
    ],
    beginsUsdPerHour: price,
    endsUsdPerHour: 0,
    atMostUsd,
    facts: { status: instance.status, desired: instance.desired, usdPerHour: price, minutes },
  };
}

/** Whether what was planned is still so: nothing is dearer, and nothing else has changed. */
export function planHolds({ facts: then }: Plan, { facts: now }: Plan): boolean {
  const names = new Set([...Object.keys(then), ...Object.keys(now)]);
  return [...names].every((name) => {
    const [before, after] = [then[name], now[name]];
    // A catalogue that does not say anything does not say that it is dearer.
    if (name === 'listedUsdPerHour' && after === null) return true;
    if (name !== 'usdPerHour' && name !== 'listedUsdPerHour') return before === after;
    return before === after || (typeof before === 'number' && typeof after === 'number' && after < before);
  });
}

/**
 * Why the API would reject a cost that is to begin, in sentences; null for what fits.
 * @param limits of the key; absent for one without
 */
export function overLimit(plan: Plan, limits: Limits): string | null {
  if (limits === undefined || (plan.act !== 'create' && plan.act !== 'start')) return null;
  const { now } = limits;
  const text = limitsText(limits).join(' ');
  if (now === null) {
    return `what the limits of this key leave is not known at present, so it may begin nothing. ${text}`;
  }
  if (now.unpriced > 0) {
    return `the price of ${now.unpriced} of its instances is not known, so this key may begin nothing. ${text}`;
  }
  const leftUsdPerHour = Math.max(0, limits.usdPerHour - now.committedUsdPerHour);
  if (plan.beginsUsdPerHour > leftUsdPerHour + ROUNDING) {
    return `it would cost ${dollars(plan.beginsUsdPerHour)} an hour, and the limits of this key leave ${dollars(leftUsdPerHour)}. ${text} Choose something cheaper, or stop what is not needed.`;
  }
  const { leftTodayUsd } = now;
  if (leftTodayUsd === undefined) return null;
  const today = costToday(plan, Date.parse(now.asOf));
  if (today <= leftTodayUsd + ROUNDING) return null;
  return `it would cost ${dollars(today)} of today's limit of this key until it or the day of UTC ends, and ${dollars(leftTodayUsd)} are left of that. ${text} Choose something cheaper or a shorter lifetime, or stop what is not needed.`;
}

/** The API answers whole millionths of a dollar. */
const ROUNDING = 1e-6;

function costToday({ beginsUsdPerHour, atMostUsd }: Plan, now: number): number {
  const untilMidnight = (beginsUsdPerHour * (DAY_MS - (now % DAY_MS))) / 3_600_000;
  return atMostUsd === null ? untilMidnight : Math.min(atMostUsd, untilMidnight);
}

/** What the limits of a key are, what is used of them and what is left; unknown as unknown. */
export function limitsText(limits: Limits): readonly string[] {
  if (limits === undefined) return ['It has no limits of its own.'];
  const { usdPerHour, usdPerDay, hoursPerInstance, now } = limits;
  const day = usdPerDay === undefined ? '' : ` and ${dollars(usdPerDay)} a day of UTC`;
  const may = `Its instances may cost ${dollars(usdPerHour)} an hour together${day}; each lives for ${hoursPerInstance} h at most.`;
  if (now === null) return [may, 'What is used of that, and what it leaves, is not known at present.'];
  const used = `They cost ${dollars(now.committedUsdPerHour)} an hour now and have cost ${dollars(now.todayUsd)} today`;
  if (now.unpriced === 0) {
    const left = `${used}; ${dollars(now.leftUsdPerHour)} an hour may still be begun`;
    if (now.leftTodayUsd === undefined) return [may, `${left}.`];
    return [
      may,
      `${left} by what lives for so long. Of today's dollars ${dollars(now.leftTodayUsd)} are neither spent nor bound by what runs until it ends: what ends earlier may cost more an hour.`,
    ];
  }
  return [may, `${used}, without ${now.unpriced} whose price is not known; nothing may be begun while that is so.`];
}

function limitSentences(price: number, limits: Limits): readonly string[] {
  if (limits?.now === undefined || limits.now === null) return [];
  const { committedUsdPerHour, leftTodayUsd } = limits.now;
  const left = Math.max(0, limits.usdPerHour - committedUsdPerHour);
  return [
    `The limits of this key leave ${dollars(left)} an hour, and ${dollars(Math.max(0, left - price))} after it.`,
    ...(leftTodayUsd === undefined ? [] : [`They leave ${dollars(leftTodayUsd)} of today, before it.`]),
  ];
}

function leaseSentences({ autoStop: { lease } }: Instance, now: number): readonly string[] {
  if (lease === undefined || Date.parse(lease.until) <= now) return [];
  return [`Note: it is leased until ${lease.until} by ${lease.by} (${oneLine(lease.reason)}).`];
}

function endText(ends: number | null, isBilled: boolean, isMonthly: boolean): string {
  if (isMonthly) return 'ends no cost: its month is paid.';
  if (!isBilled) return 'ends no cost: it costs nothing now.';
  return ends === null ? 'ends a cost that is not known.' : `ends ${dollars(ends)} an hour.`;
}

function lifetimeLeftMs({ lifetime }: Instance, now: number): number | null {
  return lifetime === undefined ? null : Math.max(0, Date.parse(lifetime.endsAt) - now);
}
