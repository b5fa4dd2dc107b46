import { parseArgs } from 'node:util';
import { createNovitaClient, examine, Findings, NovitaSettings, renderExamination } from '@app/novita-client';
import { ProcessSettings, readSections, runMain, StartError, SystemClock } from '@app/platform';

/** `npm run doctor`: asks a Novita account for each route that the client reads, and says what differs from what is expected. */
await runMain(async () => {
  const json = readArguments(process.argv.slice(2));
  const settings = (await readSections([ProcessSettings, NovitaSettings])).get(NovitaSettings);
  if (settings.NOVITA_API_KEY === null) {
    throw new StartError('The doctor reads a Novita account: set NOVITA_API_KEY to a key of it. It writes nothing.');
  }
  const clock = new SystemClock();
  const findings = new Findings();
  const client = createNovitaClient(
    {
      baseUrl: settings.NOVITA_API_BASE_URL,
      proxy: settings.novitaProxy === null ? null : { url: settings.novitaProxy, except: settings.NO_PROXY ?? '' },
      apiKey: settings.NOVITA_API_KEY,
      timeoutMs: settings.NOVITA_TIMEOUT,
      maxRequestsPerSecond: settings.NOVITA_MAX_REQUESTS_PER_SECOND,
      pageSize: settings.NOVITA_PAGE_SIZE,
      // What fails once may be chance; a person waits for the rest.
      policies: { retries: { read: 1, command: 0, create: 0 } },
    },
    { clock, observer: findings, shared: null, onBudgetChange: () => undefined },
  );
  try {
    const examination = await examine(client.novita, settings.NOVITA_API_BASE_URL, findings, clock);
    process.stdout.write(json ? `${JSON.stringify(examination, null, 2)}\n` : renderExamination(examination));
    process.exitCode = examination.ok ? 0 : 1;
  } finally {
    await client.close(0);
  }
});

/** @returns whether the answer is wanted as JSON @throws StartError */
function readArguments(argv: readonly string[]): boolean {
  try {
    const { values } = parseArgs({ args: [...argv], options: { json: { type: 'boolean', default: false } } });
    return values.json;
  } catch (error) {
    throw new StartError(
      `${error instanceof Error ? error.message : String(error)}\nusage: npm run doctor, or npm run --silent doctor -- --json`,
    );
  }
}
