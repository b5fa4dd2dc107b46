import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { ENVIRONMENT, ROOT } from './bootstrap/project.mjs';

/**
 * Makes from openapi.json what the web page must know of the API: `api-types.d.ts`, the types of the schemas that its
 * modules name, and `api-limits.js`, the lengths and ranges that its forms check before they send anything. With
 * `--check` it writes nothing and ends with 1 when a file is not what would be written.
 */
const PAGE = 'apps/api/page/src';
const TYPES = `${PAGE}/net/api-types.d.ts`;
const LIMITS = `${PAGE}/net/api-limits.js`;
/** A module names a schema as `import('../net/api-types.js').Instance`. */
const NAMED = /api-types\.js'\)\.(\w+)/g;
/** What the forms send, by the names that they know it by. */
const FORMS = {
  create: 'CreateInstanceInput',
  variable: 'EnvVarInput',
  storage: 'NetworkStorageInput',
  autoStop: 'AutoStopInput',
  lease: 'LeaseInput',
};
const CONSTRAINTS = ['pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'maxItems'];
/** A pattern of this form also says how long a value may be. */
const COUNTED_PATTERN = /^\^\[[^\]]+\]\{(\d+),(\d+)\}\$$/;

const document = JSON.parse(await readFile(join(ROOT, 'openapi.json'), 'utf8'));
const { schemas } = document.components;
const files = { [TYPES]: await typesText(), [LIMITS]: limitsText() };
for (const [path, text] of Object.entries(files)) await put(path, formatted(path, text));

async function typesText() {
  const names = [...withParts(await namedSchemas())].toSorted((a, b) => (a < b ? -1 : 1));
  const part = {
    openapi: document.openapi,
    info: document.info,
    paths: {},
    components: { schemas: Object.fromEntries(names.map((name) => [name, shapeOf(schemas[name])])) },
  };
  const types = await openapiTS(part, { immutable: true, rootTypes: true, rootTypesNoSchemaPrefix: true });
  return `/** Generated from openapi.json by scripts/generate-page-api.mjs; not to be edited. */\n\n${astToString(types)}`;
}

async function namedSchemas() {
  const entries = await readdir(join(ROOT, PAGE), { recursive: true, withFileTypes: true });
  const modules = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.js'));
  const texts = await Promise.all(modules.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
  return new Set(texts.flatMap((text) => [...text.matchAll(NAMED)].map(([, name]) => name)));
}

/** A schema without what explains it, which openapi.json has: a better sentence there is no other type here. */
function shapeOf(schema) {
  if (Array.isArray(schema)) return schema.map(shapeOf);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(
    ([name, value]) =>
      !['example', 'examples'].includes(name) && !(name === 'description' && typeof value === 'string'),
  );
  return Object.fromEntries(members.map(([name, value]) => [name, shapeOf(value)]));
}

/** The schemas and all that they refer to. */
function withParts(names) {
  const found = new Set(names);
  // A set also gives out what is added to it on the way.
  for (const name of found) {
    if (schemas[name] === undefined) throw new Error(`the page names the schema ${name}, which openapi.json has not`);
    const references = JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, reference] of references) found.add(reference);
  }
  return found;
}

function limitsText() {
  const limits = Object.entries(FORMS).map(([form, name]) => {
    const properties = Object.entries(schemas[name].properties).map(([property, schema]) => [
      property,
      limitsOf(schema),
    ]);
    return [form, Object.fromEntries(properties.filter(([, found]) => Object.keys(found).length > 0))];
  });
  return `/**
 * What the API takes, by form and field. Generated from openapi.json by scripts/generate-page-api.mjs; not to be edited.
 */
export const LIMITS = /** @type {const} */ (${JSON.stringify(Object.fromEntries(limits))});
`;
}

function limitsOf(schema) {
  const [, minLength, maxLength] = COUNTED_PATTERN.exec(schema.pattern ?? '') ?? [];
  return {
    ...(maxLength === undefined ? {} : { minLength: Number(minLength), maxLength: Number(maxLength) }),
    ...Object.fromEntries(CONSTRAINTS.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]])),
  };
}

function formatted(path, text) {
  const { status, stdout, stderr } = spawnSync('biome', ['format', `--stdin-file-path=${path}`], {
    cwd: ROOT,
    env: ENVIRONMENT,
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${path} cannot be formatted: ${stderr}`);
  return stdout;
}

async function put(path, text) {
  const before = await readFile(join(ROOT, path), 'utf8').catch(() => '');
  if (before === text) return;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is not what openapi.json says; generate it anew\n`);
    process.exitCode = 1;
    return;
  }
  await writeFile(join(ROOT, path), text);
  process.stdout.write(`wrote ${path}\n`);
}
