import { getMe, getSpend, listInstances, listOffers, type OffersView } from '@novita-fleet/client';
import * as z from 'zod';
import { limitsText } from './mcp-plans.js';
import { addTool, BRIEF, brief, lineOf, type ToolContext } from './mcp-tool.js';
import { dollars } from './output.js';
import { type ApiSession, ask } from './session.js';

const READS = { kind: 'reads', isIdempotent: true } as const;
const MOST_IDLE = 10;
const MOST_GPUS = 40;

/** What it costs, and what may be spent. None of them changes anything. */
export function addMoneyReads(tools: ToolContext): void {
  addTool(
    tools,
    'list_prices',
    {
      ...READS,
      title: 'List GPUs with prices',
      description:
        'Which GPUs can be rented, where, and for how many dollars an hour. Prices are those of a whole instance.',
      input: z.strictObject({
        gpu: z.string().max(100).optional().describe('Part of the name, such as 4090.'),
        gpus: z.number().int().min(1).max(8).default(1).describe('GPUs of one instance.'),
        billing: z.enum(['onDemand', 'spot']).default('onDemand'),
      }),
      output: z.object({
        asOf: z.string(),
        gpus: z.array(
          z.object({
            name: z.string(),
            fromUsdPerHour: z.number().nullable(),
            offers: z.array(z.object({ region: z.string().nullable(), usdPerHour: z.number().nullable() })),
          }),
        ),
        more: z.number().describe('GPUs that are not shown; a narrower name shows them.'),
      }),
    },
    async ({ gpu, gpus, billing }, { session }) => {
      const offers = await offersOf(session, { gpu, gpus, billing });
      const shown = offers.gpus.slice(0, MOST_GPUS).map(({ name, offers: all }) => {
        const inStock = all
          .filter(({ available }) => available)
          .map(({ region, pricePerHour }) => ({ region: region ?? null, usdPerHour: pricePerHour ?? null }));
        const prices = inStock.flatMap(({ usdPerHour }) => usdPerHour ?? []);
        return { name, fromUsdPerHour: prices.length === 0 ? null : Math.min(...prices), offers: inStock };
      });
      return {
        document: { asOf: offers.asOf, gpus: shown, more: offers.gpus.length - shown.length },
        sentences: [
          `Prices as of ${offers.asOf}, ${billing}, ${gpus} GPU${gpus === 1 ? '' : 's'} in each.`,
          ...shown.map(({ name, fromUsdPerHour, offers: places }) =>
            places.length === 0
              ? `${name}: none in stock.`
              : `${name}: from ${dollars(fromUsdPerHour)} an hour, in ${places.map(({ region }) => region ?? 'a region that Novita chooses').join(', ')}.`,
          ),
        ],
      };
    },
  );

  addTool(
    tools,
    'spend',
    {
      ...READS,
      title: 'What the fleet costs',
      description: 'What runs costs now, what today and this month have cost, and what auto-stop has saved.',
      input: z.strictObject({}),
      output: z.object({
        asOf: z.string(),
        usdPerHour: z.number().nullable(),
        todayUsd: z.number().nullable(),
        monthUsd: z.number().nullable(),
        savedMonthUsd: z.number().nullable(),
        unpriced: z.number().nullable(),
        byOwner: z.record(z.string(), z.number()).describe('USD per hour now.'),
        dailyLimitUsd: z.number().nullable(),
      }),
    },
    async (_none, { session }) => {
      const { asOf, now, today, month, limit, unknown } = await ask(session, getSpend({ client: session.client }));
      return {
        document: {
          asOf,
          usdPerHour: now?.costUsdPerHour ?? null,
          todayUsd: today?.usd ?? null,
          monthUsd: month?.usd ?? null,
          savedMonthUsd: month?.savedUsd ?? null,
          unpriced: now?.unpriced ?? null,
          byOwner: now?.byOwner ?? {},
          dailyLimitUsd: limit?.dailyUsd ?? null,
        },
        sentences: [
          `As of ${asOf}${unknown === undefined ? '' : `: ${unknown.message}`}.`,
          now === null ? 'What runs now is not known.' : `What runs costs ${dollars(now.costUsdPerHour)} an hour.`,
          ...(now !== null && now.unpriced > 0 ? [`Of ${now.unpriced} more the price is not known.`] : []),
          `Today: ${dollars(today?.usd)}. This month: ${dollars(month?.usd)}, saved by auto-stop ${dollars(month?.savedUsd)}.`,
          ...(limit === undefined
            ? []
            : [`Limit of the fleet: ${dollars(limit.dailyUsd)} a day${limit.reached === true ? ', reached' : ''}.`]),
        ],
      };
    },
  );

  addTool(
    tools,
    'idle_money',
    {
      ...READS,
      title: 'What idle instances cost',
      description: `What stands unused and costs money, the dearest ${MOST_IDLE} first.`,
      input: z.strictObject({}),
      output: z.object({
        usdPerHour: z.number().nullable(),
        instances: z.number().nullable(),
        dearest: z.array(BRIEF),
      }),
    },
    async (_none, { session }) => {
      const { client } = session;
      const query = { show: 'idle', sort: '-price', limit: MOST_IDLE } as const;
      const [{ now }, page] = await Promise.all([
        ask(session, getSpend({ client })),
        ask(session, listInstances({ client, query })),
      ]);
      const idle = now?.idle ?? null;
      return {
        document: {
          usdPerHour: idle?.usdPerHour ?? null,
          instances: idle?.instances ?? null,
          dearest: page.instances.map(brief),
        },
        sentences: [
          idle === null
            ? 'What stands idle is not known at present.'
            : `${idle.instances} stand idle and cost ${dollars(idle.usdPerHour)} an hour, as of ${idle.asOf}.`,
          ...page.instances.map(lineOf),
        ],
      };
    },
  );

  addTool(
    tools,
    'my_limits',
    {
      ...READS,
      title: 'What this key may still spend',
      description: 'Whose key this is, what it may do, and what its limits in dollars and hours leave.',
      input: z.strictObject({}),
      output: z.object({
        name: z.string(),
        role: z.string(),
        limits: z
          .object({ usdPerHour: z.number(), usdPerDay: z.number().nullable(), hoursPerInstance: z.number() })
          .nullable()
          .describe('Null for a key without limits.'),
        committedUsdPerHour: z.number().nullable(),
        leftUsdPerHour: z.number().nullable(),
        todayUsd: z.number().nullable(),
        leftTodayUsd: z
          .number()
          .nullable()
          .describe(
            'Of usdPerDay, neither spent nor bound until the ends of what runs. Null without such a limit too.',
          ),
      }),
    },
    async (_none, { session }) => {
      const { name, role, limits } = await ask(session, getMe({ client: session.client }));
      const now = limits?.now ?? null;
      return {
        document: {
          name,
          role,
          limits:
            limits === undefined
              ? null
              : {
                  usdPerHour: limits.usdPerHour,
                  usdPerDay: limits.usdPerDay ?? null,
                  hoursPerInstance: limits.hoursPerInstance,
                },
          committedUsdPerHour: now?.committedUsdPerHour ?? null,
          leftUsdPerHour: now?.leftUsdPerHour ?? null,
          todayUsd: now?.todayUsd ?? null,
          leftTodayUsd: now?.leftTodayUsd ?? null,
        },
        sentences: [`This is the key "${name}", of the role ${role}.`, ...limitsText(limits)],
      };
    },
  );
}

/** What a create of so many GPUs would find. */
export function offersOf(
  session: ApiSession,
  {
    gpu,
    gpus,
    billing,
  }: { readonly gpu: string | undefined; readonly gpus: number; readonly billing: OffersView['billingMode'] },
): Promise<OffersView> {
  const query = { gpuNum: gpus, billingMode: billing, ...(gpu !== undefined && { name: gpu }) };
  return ask(session, listOffers({ client: session.client, query }));
}
