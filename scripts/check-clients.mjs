import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, say } from './bootstrap/announce.mjs';
import { pinnedPackages } from './bootstrap/pinned-packages.mjs';
import { ENVIRONMENT, NODE, ROOT } from './bootstrap/project.mjs';

/**
 * `npm run check:clients`: openapi.json in other generators than the one of clients/typescript, each stock and pinned, and what
 * they make compiled: orval, Postman, and the OpenAPI Generator of the registry, for TypeScript and Python. (`npm run check` does it for
 * openapi-typescript.) What cannot be had here, as without a registry, Java or Python, is said and is no failure.
 */
const WORK = join(ROOT, 'dist', 'clients-of-others');
const SOURCE = join(ROOT, 'openapi.json');
const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const document = JSON.parse(await readFile(SOURCE, 'utf8'));
const operations = Object.values(document.paths).flatMap((item) =>
  METHODS.flatMap((method) => (item[method] === undefined ? [] : [item[method].operationId])),
);

const CHECKS = { orval: checkOrval, Postman: checkPostman, 'OpenAPI Generator': checkGenerator };

await rm(WORK, { recursive: true, force: true });
await mkdir(WORK, { recursive: true });
const failures = [];
for (const [name, check] of Object.entries(CHECKS)) {
  try {
    const made = await check();
    if (made !== null) process.stdout.write(`ok   ${name}: ${made}\n`);
  } catch (error) {
    failures.push(name);
    process.stdout.write(`FAIL ${name}: ${error.message}\n`);
  }
}
if (failures.length > 0) fail(`openapi.json does not suit: ${failures.join(', ')}`);

/** A client that uses fetch, compiled as strictly as our own code. */
async function checkOrval() {
  const modules = await pinnedPackages('orval-8.38.0', { orval: '8.38.0' }, 'orval');
  if (modules === null) return null;
  const folder = join(WORK, 'orval');
  const config = join(WORK, 'orval.mjs');
  const options = {
    input: { target: SOURCE },
    output: { target: join(folder, 'api.ts'), client: 'fetch', mode: 'split' },
  };
  const generator = pathToFileURL(join(modules, 'orval', 'dist', 'index.mjs')).href;
  await writeFile(
    config,
    `import { generate } from ${JSON.stringify(generator)};\nawait generate(${JSON.stringify(options)});\n`,
  );
  run(NODE, [config]);
  await compile(folder, 'api.ts');
  const client = await readFile(join(folder, 'api.ts'), 'utf8');
  expectAll(operations, (operation) => client.includes(`export const ${operation} = async`));
  return `${operations.length} functions compile`;
}

/** A collection that has a request for each operation. */
async function checkPostman() {
  const packages = { 'openapi-to-postmanv2': '6.3.3' };
  const modules = await pinnedPackages('openapi-to-postman-6.3.3', packages, 'the converter to Postman');
  if (modules === null) return null;
  const converter = createRequire(join(modules, 'index.js'))('openapi-to-postmanv2');
  const input = { type: 'string', data: JSON.stringify(document) };
  const answer = await new Promise((resolve, reject) =>
    converter.convertV2(input, {}, (error, result) => (error ? reject(error) : resolve(result))),
  );
  if (!answer.result) throw new Error(answer.reason);
  const requests = requestsIn(answer.output[0].data.item);
  if (requests !== operations.length) throw new Error(`${requests} requests for ${operations.length} operations`);
  return `a collection of ${requests} requests`;
}

function requestsIn(items) {
  return items.reduce((sum, { request, item = [] }) => sum + (request === undefined ? 0 : 1) + requestsIn(item), 0);
}

/**
 * The last release whose Java archive is in the registry of npm; later ones fetch theirs from Maven's. It reads OpenAPI 3.0, so
 * the document is converted down by the usual converter.
 */
async function checkGenerator() {
  const version = '1.0.18-5.0.0-beta2';
  const packages = {
    '@openapitools/openapi-generator-cli': version,
    '@apiture/openapi-down-convert': '0.14.2',
    // What the client in TypeScript sends its requests with.
    axios: '1.21.1',
  };
  if (spawnSync('java', ['-version']).status !== 0) {
    say('NOT CHECKED: the OpenAPI Generator, as there is no Java');
    return null;
  }
  const modules = await pinnedPackages(`openapi-generator-${version}`, packages, 'the OpenAPI Generator');
  if (modules === null) return null;
  const { Converter } = createRequire(join(modules, 'index.js'))('@apiture/openapi-down-convert');
  const converted = join(WORK, 'openapi-3.0.json');
  await writeFile(converted, JSON.stringify(withoutRemains(new Converter(document).convert())));
  const archive = join(modules, '@openapitools', 'openapi-generator-cli', 'bin', 'openapi-generator.jar');
  const generate = (language, ...options) => {
    const made = ['-g', language, '-i', converted, '-o', join(WORK, language)];
    // It ends before a better compiler would pay.
    run('java', ['-XX:TieredStopAtLevel=1', '-jar', archive, 'generate', ...made, ...options]);
  };
  generate('typescript-axios');
  await compile(join(WORK, 'typescript-axios'), 'index.ts', { axios: [join(modules, 'axios', 'index.d.ts')] });
  const python = process.env['PYTHON_BIN'] || 'python3';
  if (spawnSync(python, ['--version']).status !== 0) return 'a client in TypeScript compiles; there is no Python';
  generate('python', '--global-property=apiTests=false,modelTests=false,apiDocs=false,modelDocs=false');
  run(python, ['-m', 'compileall', '-q', join(WORK, 'python', 'openapi_client')]);
  return 'clients in TypeScript and Python compile';
}

/**
 * What the converter leaves of 3.1: a choice between a schema and null, and what is said of the text of a stream.
 *
 * @template Node @param {Node} node @returns {Node}
 */
function withoutRemains(node) {
  if (Array.isArray(node)) return node.map(withoutRemains);
  if (typeof node !== 'object' || node === null) return node;
  const { contentSchema: _schema, contentMediaType: _type, anyOf, ...rest } = node;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withoutRemains(value)]));
  if (!Array.isArray(anyOf)) return anyOf === undefined ? kept : { ...kept, anyOf };
  const choices = anyOf.filter(({ type }) => type !== 'null').map(withoutRemains);
  const choice = choices.length === 1 ? { allOf: choices } : { anyOf: choices };
  return { ...kept, ...choice, ...(choices.length < anyOf.length && { nullable: true }) };
}

/** @param {Readonly<Record<string, readonly string[]>>} paths of packages that are not beside it */
async function compile(folder, file, paths = {}) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2023',
    lib: ['es2023', 'dom'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
    skipLibCheck: true,
    paths,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  run('tsc', ['-p', folder]);
}

function expectAll(names, isThere) {
  const missing = names.filter((name) => !isThere(name));
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(', ')}`);
}

function run(command, options) {
  const { status, stdout, stderr, error } = spawnSync(command, options, {
    cwd: ROOT,
    env: ENVIRONMENT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return;
  const lines = `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`
    .split('\n')
    .filter((line) => !line.includes('WARN'));
  throw new Error(`${command} ended with ${status}\n${lines.slice(-40).join('\n')}`);
}
