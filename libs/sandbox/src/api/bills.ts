import { GPU_PRODUCTS } from '../catalogue/gpu-products.js';
import { addUp, type Charge, HOUR_MS } from '../world/bill-ledger.js';
import type { InstanceRecord } from '../world/instance-record.js';
import type { World } from '../world/world.js';
import { MONTH_MS } from './create-instance.js';
import { type Answer, type ApiContext, type ApiRequest, json } from './operation.js';
import { monthlyPrice } from './products.js';
import { invalidParameter, Refusal } from './refusal.js';

const DAY_MS = 24 * HOUR_MS;
/** By the documents, of one query. */
const LONGEST_RANGE_MS = 31 * DAY_MS;
/** Amounts are in 1/10000 USD, unlike product prices. */
const MICRO_PER_UNIT = 100;
const CYCLES = ['Hour', 'Day', 'Week', 'Month'] as const;
type Cycle = (typeof CYCLES)[number];
const CATEGORIES = ['summary', 'gpu', 'llm', 'serverless', 'cloud_storage', 'gen_api'];
/** Of which the account has bills. */
const WITH_BILLS = ['summary', 'gpu'];

/** `GET /billing/bill/list`: what was used, by instance and period of UTC. It has no pages. */
export function listUsageBills({ query }: ApiRequest, { world }: ApiContext): Answer {
  const cycle = CYCLES.find((known) => known === query.get('cycleType'));
  if (cycle === undefined) throw new Refusal(400, 'INVALID_BILL_CYCLE', 'invalid bill cycle');
  const category = query.get('productCategory') ?? '';
  if (!CATEGORIES.includes(category)) throw new Refusal(400, 'INVALID_PRODUCT_CATEGORY', 'invalid product category');
  const bills = WITH_BILLS.includes(category) ? usageBills(world, cycle, rangeOf(query, world), query) : [];
  return json({ bills });
}

/** `GET /billing/bill/monthly/list`: what was bought for a month or longer. */
export function listFixedTermBills({ query }: ApiRequest, { world }: ApiContext): Answer {
  const category = query.get('category') || 'summary';
  if (!['summary', 'gpu', 'local_storage', 'image'].includes(category)) {
    throw new Refusal(400, 'INVALID_PRODUCT_CATEGORY', 'invalid product category');
  }
  const { fromMs, untilMs } = rangeOf(query, world);
  const bills = (WITH_BILLS.includes(category) ? subscriptions(world) : [])
    .filter(({ record }) => record.createdAt >= fromMs && record.createdAt < untilMs && isAskedFor(query, record))
    .map(({ record, units, months }) => ({
      userId: 'sandbox',
      startTime: seconds(record.createdAt),
      endTime: seconds(record.endsAt),
      memberId: '',
      productName: record.spec.productName,
      productCategory: 'gpu',
      ownerID: record.id,
      tradeMode: 'monthly',
      tradeType: 'monthly_new_buy',
      basePrice: String(Math.round(units / months)),
      billNum: String(months),
      ...amounts(units, 1),
      createTime: seconds(record.createdAt),
      cycle: new Date(record.createdAt).toISOString().slice(0, 'yyyy-mm'.length),
      storageDays: '0',
    }));
  return json({ bills });
}

/** `GET /billing/monthly/bill`: the sums of the months of which something is kept. */
export function listMonthlyBills(_request: ApiRequest, { world }: ApiContext): Answer {
  const now = world.clock.realNow();
  const months = new Map<number, number>();
  const add = (atMs: number, units: number): void => {
    const month = startOf('Month', atMs);
    months.set(month, (months.get(month) ?? 0) + units);
  };
  for (const [hour, , { microUsd }] of world.bills.charges(0, now)) add(hour * HOUR_MS, microUsd / MICRO_PER_UNIT);
  for (const { record, units } of subscriptions(world)) add(record.createdAt, units);
  const data = [...months].map(([startMs, units]) => {
    const endMs = endOf('Month', startMs);
    const amount = String(Math.round(units));
    const isOver = endMs <= now;
    return {
      billId: `bill-${seconds(startMs)}`,
      userId: 'sandbox',
      billingMonth: new Date(startMs).toISOString().slice(0, 'yyyy-mm'.length),
      totalAmount: amount,
      originTotalAmount: amount,
      voucherPayAmount: '0',
      cashPayAmount: isOver ? amount : '0',
      debtAmount: '0',
      status: isOver ? 'paid' : 'pending',
      invoiceUrl: '',
      startTime: seconds(startMs),
      endTime: seconds(endMs - 1_000),
      repaidAmount: '0',
    };
  });
  return json({ data });
}

interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
}

function usageBills(world: World, cycle: Cycle, { fromMs, untilMs }: Range, query: URLSearchParams) {
  const { lateHours, missingDays, unitFactor, percent } = world.interference.billing();
  const until = Math.min(untilMs, world.clock.realNow() - lateHours * HOUR_MS);
  const lines = new Map<string, { readonly startMs: number; readonly id: string; readonly charge: Charge }>();
  for (const [hour, id, charge] of world.bills.charges(fromMs, until)) {
    const atMs = hour * HOUR_MS;
    if (missingDays.has(new Date(atMs).toISOString().slice(0, 'yyyy-mm-dd'.length))) continue;
    if (!isAskedFor(query, { id, spec: charge.spec })) continue;
    const startMs = startOf(cycle, atMs);
    const key = `${startMs} ${id}`;
    lines.set(key, { startMs, id, charge: addUp(lines.get(key)?.charge, charge) });
  }
  return [...lines.values()].map(({ startMs, id, charge: { spec, cardSeconds, microUsd } }) => ({
    userId: 'sandbox',
    startTime: seconds(startMs),
    endTime: seconds(endOf(cycle, startMs) - 1_000),
    billingMethod: '1',
    productName: spec.productName,
    category: 'gpu',
    ownerID: id,
    billNum0: String(Math.round(cardSeconds)),
    billNum1: '0',
    basePrice0: String(Math.round((microUsd / MICRO_PER_UNIT / Math.max(cardSeconds, 1)) * 3_600)),
    basePrice1: '0',
    discountPrice0: '0',
    discountPrice1: '0',
    ...amounts((microUsd / MICRO_PER_UNIT) * (percent / 100), unitFactor),
    productId: spec.productId,
  }));
}

/** @param units 1/10000 USD @param factor by which a fault has them in another unit */
function amounts(units: number, factor: number) {
  const amount = String(Math.round(units * factor));
  return {
    amount,
    voucherAmount: '0',
    payAmount: amount,
    payAmountDisplay: (units / 10_000).toFixed(2),
    pricePrecision: '1',
  };
}

/** Those that are there; of one that is gone nothing is known any more. */
function subscriptions(world: World) {
  return world.fleet
    .filter(({ spec, endsAt }) => spec.billingMode === 'monthly' && endsAt > 0)
    .map((record) => {
      const months = Math.max(1, Math.round((record.endsAt - record.createdAt) / MONTH_MS));
      const product = GPU_PRODUCTS.find(({ id }) => id === record.spec.productId);
      const perMonth = product === undefined ? 0 : monthlyPrice(product, 1) * record.spec.gpuNum;
      // A price is in 1/100000 USD.
      return { record, months, units: (perMonth * months) / 10 };
    });
}

function isAskedFor(query: URLSearchParams, { id, spec }: Pick<InstanceRecord, 'id' | 'spec'>): boolean {
  const ownerId = query.get('ownerId') ?? '';
  const name = (query.get('productName') ?? '').toLowerCase();
  return (ownerId === '' || ownerId === id) && spec.productName.toLowerCase().includes(name);
}

/** An end of 0 is now, and a start of 0 the longest range before the end. */
function rangeOf(query: URLSearchParams, world: World): Range {
  const end = unixSeconds(query, 'endTime');
  const untilMs = end === 0 ? Math.floor(world.clock.realNow()) + 1 : (end + 1) * 1_000;
  const start = unixSeconds(query, 'startTime');
  const fromMs = start === 0 ? untilMs - LONGEST_RANGE_MS : start * 1_000;
  if (untilMs - fromMs > LONGEST_RANGE_MS) throw invalidParameter('the range must be within 31 days');
  return { fromMs, untilMs };
}

function unixSeconds(query: URLSearchParams, key: string): number {
  const text = query.get(key) || '0';
  if (!/^\d{1,12}$/.test(text)) throw invalidParameter(`${key} must be Unix seconds`);
  return Number(text);
}

function startOf(cycle: Cycle, atMs: number): number {
  const date = new Date(atMs);
  switch (cycle) {
    case 'Hour':
      return atMs - (atMs % HOUR_MS);
    case 'Day':
      return atMs - (atMs % DAY_MS);
    case 'Week':
      return atMs - (atMs % DAY_MS) - ((date.getUTCDay() + 6) % 7) * DAY_MS;
    case 'Month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  }
}

function endOf(cycle: Cycle, startMs: number): number {
  const date = new Date(startMs);
  const lengths = { Hour: HOUR_MS, Day: DAY_MS, Week: 7 * DAY_MS } as const;
  return cycle === 'Month' ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) : startMs + lengths[cycle];
}

function seconds(epochMs: number): string {
  return String(Math.floor(epochMs / 1_000));
}
