import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENVIRONMENT, ROOT } from './bootstrap/project.mjs';
import { shellBlocks } from './documents/shell-blocks.mjs';

/**
 * Proves that the calls in the shell blocks of README.md and docs/ compile against the types that openapi-typescript makes of
 * openapi.json with its defaults: that a generated client lets its user send what the documents send.
 */
const FOLDER = join(ROOT, 'dist', 'document-calls');
const ADDRESS = /(?:\$URL|\$FLEET|http:\/\/127\.0\.0\.1:3000)(\/api\/v1\/[^\s"'?]*)(?:\?([^\s"']*))?/;
/** A variable of the shell may stand in the body: `'{"a": "'$ID'"}'`. */
const BODY = /\s-d '(\{(?:[^']|'\$\w+')*)'/;
const MINIMUM_CALLS = 60;
const TSCONFIG = {
  compilerOptions: { strict: true, noEmit: true, module: 'nodenext', target: 'es2023', types: [] },
  files: ['calls.ts'],
};

const document = JSON.parse(await readFile(join(ROOT, 'openapi.json'), 'utf8'));
const names = ['README.md', ...(await readdir(join(ROOT, 'docs'))).map((name) => `docs/${name}`)];
const calls = await Promise.all(
  names
    .filter((name) => name.endsWith('.md'))
    .map(async (name) => callsOf(name, await readFile(join(ROOT, name), 'utf8'))),
).then((lists) => lists.flat());
if (calls.length < MINIMUM_CALLS) throw new Error(`the documents show ${calls.length} calls; there were more`);

await mkdir(FOLDER, { recursive: true });
await writeFile(join(FOLDER, 'calls.ts'), ["import type { paths } from './api.js';", ...calls.map(typed)].join('\n\n'));
await writeFile(join(FOLDER, 'tsconfig.json'), JSON.stringify(TSCONFIG));
run('openapi-typescript', ['openapi.json', '--output', join(FOLDER, 'api.ts')]);
run('tsc', ['-p', FOLDER]);

function run(command, options) {
  const { status, stdout, stderr } = spawnSync(command, options, { cwd: ROOT, env: ENVIRONMENT, encoding: 'utf8' });
  if (status === 0) return;
  process.stdout.write(`${stdout ?? ''}${stderr ?? ''}`);
  process.exit(status ?? 1);
}

/** Each command of the shell blocks that calls the API, with what it sends; but for those that show how a mistake is met. */
function callsOf(name, markdown) {
  const commands = shellBlocks(markdown).flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  return commands.flatMap((command) => {
    const [, path, query = ''] = ADDRESS.exec(command) ?? [];
    if (path === undefined || / # rejected/.test(command)) return [];
    const body = BODY.exec(command)?.[1]?.replaceAll(/'\$\w+'/g, 'x');
    const method = /\s-X ([A-Z]+)/.exec(command)?.[1] ?? (body === undefined ? 'GET' : 'POST');
    const ifMatch = /\s-H ['"]If-Match: ([^'"]+)['"]/.exec(command)?.[1];
    return [{ name, path, query, method: method.toLowerCase(), body, ifMatch }];
  });
}

/** The call as an object that must have the type of its operation. */
function typed({ name, path, query, method, body, ifMatch }) {
  const [template, names] = templateOf(name, path);
  const operation = document.paths[template][method];
  if (operation === undefined) throw new Error(`${name} calls ${method} ${path}, which openapi.json does not know`);
  const parameters = {
    ...(names.length > 0 && { path: Object.fromEntries(names.map((name) => [name, 'x'])) }),
    ...(ifMatch !== undefined && { header: { 'If-Match': ifMatch } }),
    ...(query !== '' && { query: queryOf(new URLSearchParams(query), operation.parameters) }),
  };
  const sent = { parameters, ...(body && { requestBody: { content: { 'application/json': JSON.parse(body) } } }) };
  const type = `Pick<paths[${JSON.stringify(template)}][${JSON.stringify(method)}], 'parameters' | 'requestBody'>`;
  return `// ${name}: ${method} ${path}\nvoid (${JSON.stringify(sent)} satisfies ${type});`;
}

/** The path as the document has it, with the names of its parameters: `$ID` stands for any of them. */
function templateOf(name, path) {
  const parts = path.split('/');
  const fits = (template) => {
    const wanted = template.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every((part, i) => part === parts[i] || (part[0] === '{' && parts[i][0] === '$'))
    );
  };
  const template = Object.keys(document.paths).find(fits);
  if (template === undefined) throw new Error(`${name} calls ${path}, which openapi.json does not know`);
  return [template, [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)];
}

/** Values of a query have no types; they are read as the document says. */
function queryOf(query, parameters) {
  const typeOf = (name) => parameters?.find((parameter) => parameter.name === name)?.schema?.type;
  return Object.fromEntries(
    [...query].map(([name, text]) => [
      name,
      ['integer', 'number', 'boolean'].includes(typeOf(name)) ? JSON.parse(text) : text,
    ]),
  );
}
