import {
  adoptOrphan,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  getSpend,
  ignoreOrphan,
  listOrphans,
  listWebhookEndpoints,
  type OrphanView,
  pauseWebhookEndpoint,
  resumeWebhookEndpoint,
  type SpendView,
  testWebhook,
} from '@novita-fleet/client';
import type { Command } from 'commander';
import { followEvents, type StreamEvent } from './event-stream.js';
import { CommandFailure, EXIT } from './failure.js';
import { dollars, oneLine } from './output.js';
import { ask, type InSession, type Session } from './session.js';

const PAGE = 200;

/** What concerns the whole fleet: events, money, orphans, webhooks. */
export function addFleetCommands(program: Command, inSession: InSession): void {
  program
    .command('events')
    .description('what happens, as it happens; goes on by itself after a broken connection')
    .option('-f, --follow', 'stay (the default; as in other tools)')
    .option('--types <types>', 'such as instance.*,spend.warning')
    .option('--instance <ids>', 'only of these, separated by commas')
    .action(
      inSession(async (session, options: { types?: string; instance?: string }) => {
        const query = new URLSearchParams();
        if (options.types !== undefined) query.set('types', options.types);
        if (options.instance !== undefined) query.set('instance', options.instance);
        const path = `/api/v1/events?${query.toString()}`;
        for await (const event of followEvents(session, path, (sentence) => process.stderr.write(`${sentence}\n`))) {
          if (event.type === 'list') continue;
          session.out.each({ type: event.type, ...event.data }, () => sentenceOf(event, session));
        }
      }),
    );

  program
    .command('spend')
    .description('what runs, what it costs, what was saved')
    .action(
      inSession(async (session) => {
        const spend = await ask(session, getSpend({ client: session.client }));
        session.out.show(spend, () => showSpend(session, spend));
      }),
    );

  const orphans = program.command('orphans').description('instances of the account that were not made here');
  orphans
    .command('ls', { isDefault: true })
    .option('--ignored', 'those that are ignored, instead')
    .action(
      inSession(async (session, options: { ignored?: boolean }) => {
        const found = await allOrphans(session, options.ignored === true);
        session.out.show(found, () => {
          if (found.length === 0) session.out.line('There are no orphans.');
          else
            session.out.table(found, [
              { title: 'NOVITA ID', of: ({ novitaInstanceId }) => novitaInstanceId },
              { title: 'NAME', of: ({ name }) => name },
              { title: 'STATUS', of: ({ status }) => status },
              { title: 'GPU', of: ({ gpuNum, product }) => `${gpuNum} × ${product.name}` },
              { title: '$/H', of: ({ pricePerHour }) => dollars(pricePerHour), align: 'right' },
              { title: 'SINCE', of: ({ since }) => since },
            ]);
        });
      }),
    );
  for (const [verb, call, description] of [
    ['adopt', adoptOrphan, 'manage them here from now on'],
    ['ignore', ignoreOrphan, 'leave them alone, and ask no more'],
  ] as const) {
    orphans
      .command(`${verb} [novitaIds...]`)
      .description(description)
      .option('--all', 'every one that is not ignored')
      .action(
        inSession(async (session, options: { all?: boolean }, ids: readonly string[]) => {
          if (ids.length > 0 === (options.all === true))
            throw new CommandFailure('name their Novita ids, or say --all', EXIT.usage);
          const wanted =
            options.all === true
              ? (await allOrphans(session, false)).map(({ novitaInstanceId }) => novitaInstanceId)
              : ids;
          for (const novitaId of wanted) {
            const answer = await ask<{ readonly message?: string }>(
              session,
              call({ client: session.client, path: { novitaId } }),
            );
            session.out.each(answer, () => answer.message ?? `${novitaId}: ${verb}`);
          }
        }),
      );
  }

  addWebhookCommands(program, inSession);
}

function addWebhookCommands(program: Command, inSession: InSession): void {
  const webhooks = program.command('webhooks').description('where events are sent');
  webhooks.command('ls', { isDefault: true }).action(
    inSession(async (session) => {
      const { endpoints } = await ask(session, listWebhookEndpoints({ client: session.client }));
      session.out.show(endpoints, () => {
        if (endpoints.length === 0) session.out.line('There are no endpoints.');
        else
          session.out.table(endpoints, [
            { title: 'ID', of: ({ id }) => id },
            { title: 'ADDRESS', of: ({ url, origin }) => url ?? origin },
            {
              title: 'STATE',
              of: ({ state }) => state,
              style: ({ state }) => (state === 'active' ? 'green' : 'yellow'),
            },
            { title: 'TYPES', of: ({ types }) => (types.length === 0 ? 'all' : types.join(',')) },
            { title: 'FAILING SINCE', of: ({ failingSince }) => failingSince ?? '' },
          ]);
      });
    }),
  );
  webhooks
    .command('add <url>')
    .description('its secret is shown once')
    .option('--types <types>', 'such as instance.ready,instance.failed')
    .action(
      inSession(async (session, options: { types?: string }, url: string) => {
        const types = options.types?.split(',').map((type) => type.trim());
        const made = await ask(
          session,
          createWebhookEndpoint({ client: session.client, body: { url, ...(types !== undefined && { types }) } }),
        );
        session.out.show(made, () => session.out.line(JSON.stringify(made, null, 2)));
      }),
    );
  webhooks
    .command('test <url>')
    .description('send a made-up event there')
    .action(
      inSession(async (session, _options, url: string) => {
        const attempt = await ask<{ readonly result: string }>(
          session,
          testWebhook({ client: session.client, body: { url } }),
        );
        session.out.show(attempt, () => session.out.line(attempt.result));
        if (attempt.result !== 'delivered') process.exitCode = EXIT.failed;
      }),
    );
  const simple = {
    pause: ['send it nothing for now', pauseWebhookEndpoint],
    resume: ['send it what waits, and go on', resumeWebhookEndpoint],
    rm: ['remove it', deleteWebhookEndpoint],
  } as const;
  for (const [verb, [description, call]] of Object.entries(simple)) {
    webhooks
      .command(`${verb} <id>`)
      .description(description)
      .action(
        inSession(async (session, _options, id: string) => {
          const answer = await ask<unknown>(session, call({ client: session.client, path: { id } }));
          session.out.show(answer, () => session.out.line(`${id}: done`));
        }),
      );
  }
}

function showSpend({ out }: Session, { asOf, unknown, now, today, month, limit }: SpendView): void {
  out.line(`As of ${asOf}${unknown === undefined ? '' : `: ${unknown.message}`}`);
  out.line(
    `Now         ${now === null ? 'unknown' : `${dollars(now.costUsdPerHour)} an hour, of it ${dollars(now.idle.usdPerHour)} idle and ${dollars(now.billedThoughStoppedUsdPerHour)} billed though stopped`}`,
  );
  for (const [title, period] of [
    ['Today', today],
    ['This month', month],
  ] as const) {
    out.line(
      `${title.padEnd(10)}  ${period === null ? 'unknown' : `${dollars(period.usd)}, saved by auto-stop ${dollars(period.savedUsd)}`}`,
    );
  }
  if (limit !== undefined)
    out.line(`Limit       ${dollars(limit.dailyUsd)} a day${limit.reached === true ? ', reached' : ''}`);
}

async function allOrphans(session: Session, ignored: boolean): Promise<readonly OrphanView[]> {
  const found: OrphanView[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE, ...(ignored && { ignored: true }), ...(cursor !== undefined && { cursor }) };
    const page = await ask(session, listOrphans({ client: session.client, query }));
    if (page.unknown !== undefined) throw new CommandFailure(page.unknown.message);
    found.push(...page.orphans);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

function sentenceOf({ type, data }: StreamEvent, { out }: Session): string {
  const instance = data['instance'] as { readonly name?: string; readonly status?: string } | undefined;
  const at = typeof data['at'] === 'string' ? data['at'] : 'time unknown';
  const of = instance?.name ?? (typeof data['instanceId'] === 'string' ? data['instanceId'] : '');
  return (
    oneLine(`${at}  `) +
    out.style('bold', type.padEnd(28)) +
    oneLine(`  ${of}${instance?.status === undefined ? '' : ` (${instance.status})`}`)
  );
}
