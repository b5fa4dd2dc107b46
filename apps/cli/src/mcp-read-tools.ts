import { explainIdle, getSyncStatus, listActivity, listInstances, listOrphans } from '@novita-fleet/client';
import * as z from 'zod';
import { findInstance } from './find-instance.js';
import { describe } from './instance-words.js';
import { addTool, BRIEF, brief, given, lineOf, REFERENCE, type ToolContext } from './mcp-tool.js';
import { dollars, duration, oneLine } from './output.js';
import { ask } from './session.js';

const PAGE = { most: 50, usual: 20 } as const;
const CURSOR = z.string().max(500).optional().describe('nextCursor of the page before, with the same filters.');
const ANY_OF = 'Any of these, separated by commas.';
const READS = { kind: 'reads', isIdempotent: true } as const;
const MOST_EVENTS = 100;

/** What there is, and why. None of them changes anything. */
export function addReadTools(context: ToolContext): void {
  addInstanceReads(context);
  addFleetReads(context);
}

function addInstanceReads(tools: ToolContext): void {
  addTool(
    tools,
    'list_instances',
    {
      ...READS,
      title: 'List instances',
      description: 'Lists GPU instances page by page; terminated ones only with status terminated.',
      input: z.strictObject({
        status: z.string().max(200).optional().describe(`Such as ready or stopped. ${ANY_OF}`),
        region: z.string().max(200).optional().describe(ANY_OF),
        product: z.string().max(200).optional().describe(`Name or id of the GPU. ${ANY_OF}`),
        owner: z.string().max(200).optional().describe(`Who made them, such as user:ci. ${ANY_OF}`),
        search: z.string().max(100).optional().describe('Anywhere in name, id, image, template or product.'),
        show: z.enum(['running', 'billed', 'billed-though-stopped', 'idle', 'attention']).optional(),
        sort: z.enum(['-createdAt', 'name', '-price', '-idle', 'stopsAt', '-cost']).optional(),
        limit: z.number().int().min(1).max(PAGE.most).default(PAGE.usual),
        cursor: CURSOR,
      }),
      output: z.object({ total: z.number().nullable(), instances: z.array(BRIEF), nextCursor: z.string().nullable() }),
    },
    async (filter, { session }) => {
      const page = await ask(session, listInstances({ client: session.client, query: given(filter) }));
      const instances = page.instances.map(brief);
      return {
        document: { total: page.total, instances, nextCursor: page.nextCursor },
        sentences: [
          page.total === null
            ? `${instances.length} are shown.`
            : `${page.total} match; ${instances.length} are shown.`,
          ...page.instances.map(lineOf),
        ],
      };
    },
  );

  addTool(
    tools,
    'get_instance',
    {
      ...READS,
      title: 'Read an instance',
      description: 'Everything worth knowing about one instance: status, price, cost so far, addresses, last error.',
      input: z.strictObject({ instance: REFERENCE }),
      output: z.object({
        instance: BRIEF,
        costUsd: z.number().nullable(),
        ports: z.array(z.object({ port: z.number(), type: z.string(), address: z.string().nullable() })),
        ssh: z.string().nullable(),
        observedAt: z.string().nullable(),
      }),
    },
    async ({ instance: reference }, { session }) => {
      const instance = await findInstance(session, reference);
      return {
        document: {
          instance: brief(instance),
          costUsd: instance.cost?.usd ?? null,
          ports: instance.portMappings.map(({ port, type, endpoint }) => ({ port, type, address: endpoint ?? null })),
          ssh: instance.connectionDetails.ssh?.command ?? null,
          observedAt: instance.observedAt ?? null,
        },
        sentences: describe(instance, Date.now()).map(([title, text]) => `${title}: ${oneLine(text)}`),
      };
    },
  );

  addTool(
    tools,
    'why',
    {
      ...READS,
      title: 'Why an instance is kept or stopped',
      description: 'Says why an instance is kept or stopped, when it stops, and what would change that.',
      input: z.strictObject({ instance: REFERENCE }),
      output: z.object({
        instanceId: z.string(),
        verdict: z.enum(['keep', 'warn', 'stop']),
        rule: z.string(),
        reason: z.string(),
        stopsAt: z.string().nullable(),
        leasedUntil: z.string().nullable(),
        whatWouldChangeIt: z.array(z.string()),
      }),
    },
    async ({ instance: reference }, { session }) => {
      const instance = await findInstance(session, reference);
      const why = await ask(session, explainIdle({ client: session.client, path: { id: instance.id } }));
      const { lease } = instance.autoStop;
      const isLeased = why.rule === 'leased' && lease !== undefined;
      const reason = isLeased
        ? `leased until ${lease.until} by ${lease.by}: ${oneLine(lease.reason)}`
        : oneLine(why.reason);
      const head = { keep: 'Kept', warn: 'Kept, but not for long', stop: 'To be stopped' }[why.verdict];
      return {
        document: {
          instanceId: why.instanceId,
          verdict: why.verdict,
          rule: why.rule,
          reason,
          stopsAt: why.stopAt ?? null,
          leasedUntil: lease?.until ?? null,
          whatWouldChangeIt: why.whatWouldChangeIt.map(oneLine),
        },
        sentences: [
          `${oneLine(instance.name)}. ${head}: ${reason}.`.replace(/\.\.$/, '.'),
          ...(why.stopAt === undefined
            ? []
            : [`It stops at ${why.stopAt}, in ${duration(Date.parse(why.stopAt) - Date.now())}.`]),
          ...why.signs.map(({ kind, at, by }) => `Last ${kind}: ${at}, by ${by}.`),
          ...why.whatWouldChangeIt.map(oneLine),
        ],
      };
    },
  );
}

function addFleetReads(tools: ToolContext): void {
  addTool(
    tools,
    'sync_status',
    {
      ...READS,
      title: 'How fresh everything is',
      description: 'How far the sync with Novita is, and as of when the instances are known.',
      input: z.strictObject({}),
      output: z.object({
        status: z.string(),
        instancesAsOf: z.string().nullable(),
        error: z.string().nullable(),
        held: z.string().nullable(),
        nextRun: z.string().nullable(),
      }),
    },
    async (_none, { session }) => {
      const { status, instancesAsOf, error, held, nextRun } = await ask(
        session,
        getSyncStatus({ client: session.client }),
      );
      return {
        document: {
          status,
          instancesAsOf: instancesAsOf ?? null,
          error: error ?? null,
          held: held?.reason ?? null,
          nextRun: nextRun ?? null,
        },
        sentences: [
          `The sync with Novita: ${status.replace('_', ' ')}. Instances as of ${instancesAsOf ?? 'never yet'}.`,
          ...(error === undefined ? [] : [`It failed: ${oneLine(error)}.`]),
          ...(held === undefined ? [] : [`Removals are held since ${held.since}: ${oneLine(held.reason)}`]),
        ],
      };
    },
  );

  addTool(
    tools,
    'list_orphans',
    {
      ...READS,
      title: 'Instances made elsewhere',
      description: 'Instances of the Novita account that were not made by this fleet; nothing acts on them.',
      input: z.strictObject({ limit: z.number().int().min(1).max(PAGE.most).default(PAGE.usual), cursor: CURSOR }),
      output: z.object({
        orphans: z.array(
          z.object({
            novitaInstanceId: z.string(),
            name: z.string(),
            status: z.string(),
            gpu: z.string(),
            usdPerHour: z.number().nullable(),
            since: z.string(),
          }),
        ),
        nextCursor: z.string().nullable(),
        unknown: z.string().nullable().describe('Why nothing is known of them at present; null when it is.'),
      }),
    },
    async (page, { session }) => {
      const { orphans, nextCursor, unknown } = await ask(
        session,
        listOrphans({ client: session.client, query: given(page) }),
      );
      const shown = orphans.map(({ novitaInstanceId, name, status, gpuNum, product, pricePerHour, since }) => ({
        novitaInstanceId,
        name: oneLine(name),
        status,
        gpu: `${gpuNum} × ${product.name}`,
        usdPerHour: pricePerHour ?? null,
        since,
      }));
      return {
        document: { orphans: shown, nextCursor: nextCursor ?? null, unknown: unknown?.message ?? null },
        sentences: [
          unknown === undefined ? `${shown.length} are shown.` : `Nothing is known of them: ${unknown.message}.`,
          ...shown.map(
            (one) =>
              `${one.name} (${one.novitaInstanceId}) is ${one.status}: ${one.gpu}, ${dollars(one.usdPerHour)} an hour.`,
          ),
        ],
      };
    },
  );

  addTool(
    tools,
    'events_since',
    {
      ...READS,
      title: 'What happened',
      description: `What happened to the fleet since a time or an event, the latest first; ${MOST_EVENTS} at most.`,
      input: z.strictObject({
        since: z.iso.datetime({ offset: true }).optional().describe('Such as 2026-03-01T10:00:00Z.'),
        afterEventId: z.string().max(100).optional().describe('lastEventId of an earlier answer.'),
        types: z.string().max(300).optional().describe('Such as instance.failed,spend.*'),
        instance: REFERENCE.optional(),
        limit: z.number().int().min(1).max(MOST_EVENTS).default(PAGE.usual),
      }),
      output: z.object({
        events: z.array(
          z.object({
            id: z.string(),
            type: z.string(),
            at: z.string(),
            instance: z.string().nullable(),
            status: z.string().nullable(),
          }),
        ),
        isCut: z.boolean().describe('Whether there are earlier ones that belong here.'),
        lastEventId: z.string(),
      }),
    },
    async ({ since, afterEventId, types, instance: reference, limit }, { session }) => {
      const instance = reference === undefined ? undefined : (await findInstance(session, reference)).id;
      const query = given({ types, instance, limit });
      const { events, nextCursor, lastEventId } = await ask(session, listActivity({ client: session.client, query }));
      const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
      const end = events.findIndex(({ id, at }) => id === afterEventId || Date.parse(at) < sinceMs);
      const shown = (end === -1 ? events : events.slice(0, end)).map((event) => ({
        id: event.id,
        type: event.type,
        at: event.at,
        instance: 'instance' in event && event.instance !== undefined ? oneLine(event.instance.name) : null,
        status: 'instance' in event && event.instance !== undefined ? event.instance.status : null,
      }));
      return {
        document: { events: shown, isCut: end === -1 && nextCursor !== null, lastEventId },
        sentences: [
          shown.length === 0 ? 'Nothing happened.' : `${shown.length} events, the latest first.`,
          ...shown.map(
            ({ at, type, instance: name, status }) => `${at} ${type}${name === null ? '' : ` ${name} (${status})`}`,
          ),
        ],
      };
    },
  );
}
