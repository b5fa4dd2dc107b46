export interface Greeting {
  readonly url: string;
  /** A key that may command; null when there is none to show. */
  readonly key: string | null;
  readonly keyPath: string | null;
  /** Address of the sandbox, when one was started. */
  readonly sandboxUrl: string | null;
  readonly redis: boolean;
  /** Address of what is called as Novita. */
  readonly novitaUrl: string;
}

/** The greeting for a person who starts it for the first time: where it is, what it stands on, and lines to paste. */
export function greetingText({ url, key, keyPath, sandboxUrl, redis, novitaUrl }: Greeting): string {
  const shownKey = key ?? '<one of your API_KEYS>';
  const lines = [
    '',
    `open this: ${openThis(url, key)}`,
    '',
    `standalone listens on ${url}`,
    `  the API to read and to try: ${url}/docs`,
    ...(keyPath === null ? [] : [`  your key: ${shownKey} (kept in ${keyPath})`]),
    `  records are kept in ${redis ? 'Redis' : 'memory, and lost when this ends; set REDIS_URL to keep them'}`,
    '',
    ...(sandboxUrl === null
      ? [accountWarning(novitaUrl)]
      : [
          `NO NOVITA_API_KEY IS SET: THIS TALKS TO A LOCAL SANDBOX (${sandboxUrl}), NOT TO NOVITA.AI.`,
          'NOTHING YOU CREATE IS REAL AND NOTHING IS BILLED. SET NOVITA_API_KEY TO USE YOUR ACCOUNT.',
        ]),
    '',
    'Paste these, one part after the other:',
    '',
    `export URL=${url} KEY='${shownKey}'`,
    `curl -s -X POST $URL/api/v1/instances -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\`,
    `  -d '{"name":"first","productName":"RTX 4090","image":"nginx:latest","ports":["80/http"]}'`,
    '',
    '# Once more until it is ready:',
    `curl -s "$URL/api/v1/instances?name=first" -H "Authorization: Bearer $KEY" | grep -o '"status":"[a-z_]*"'`,
    '',
    '# When you are done with it, stop it and delete it (without the # in front):',
    `# curl -s -X POST $URL/api/v1/instances/stop -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"instanceName":"first"}'`,
    `# curl -s -X POST $URL/api/v1/instances/delete -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"instanceName":"first"}'`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** A fragment stays in the browser: it is sent to nobody, and the page takes it out of the address at once. */
function openThis(url: string, key: string | null): string {
  return key === null ? url : `${url}/#key=${encodeURIComponent(key)}`;
}

/** Only Novita itself bills. */
function accountWarning(novitaUrl: string): string {
  return new URL(novitaUrl).hostname.endsWith('novita.ai')
    ? 'THIS TALKS TO THE REAL NOVITA.AI: INSTANCES THAT YOU CREATE ARE BILLED TO YOUR ACCOUNT.'
    : `THIS TALKS TO ${novitaUrl} AS NOVITA (NOVITA_API_BASE_URL): WHAT YOU CREATE IS MADE THERE.`;
}
