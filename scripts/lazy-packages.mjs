import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { ROOT } from './bootstrap/project.mjs';

/*
 * A package is commonly asked for a few of its many modules: of the queues one of six kinds of stores, of the checks of
 * values one in ten. Node runs them all at the start of a process, and a bundle would too. Here a module of a package
 * loads another one when it first uses it.
 */

/**
 * What no process uses at its start, most never: it stays in node_modules, and is found from the place of what asks for it.
 * In the bundle it would be a fifth of the text, which every process reads.
 */
const LEFT_OUT =
  /[\\/]node_modules[\\/](?:libphonenumber-js|lodash|valibot|luxon|glob|@fastify[\\/](?:ajv-compiler|fast-json-stringify-compiler)|bullmq[\\/]dist[\\/]cjs[\\/]postgres)[\\/]/;
const REQUIRED = /\brequire\((["'])([^"']+)\1\)/g;

/** `const queue_1 = require("./queue");`, as the TypeScript compiler writes an import. */
const IMPORT =
  /^(?:const|var) (\w+_\d+) = ((?:tslib_1\.)?(?:__importDefault|__importStar)\(require\("[^"]+"\)\)|require\("[^"]+"\));$/gm;
/** `export * from`, as the TypeScript compiler writes it. */
const STAR = /^(?:tslib_1\.)?__exportStar\(require\("([^"]+)"\), exports\);$/gm;
const COMPILED = /^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/m;
const EXPORTED = /\bexports\.(\w+) = |\bObject\.defineProperty\(exports, "(\w+)"/g;
/** Helpers of the compiler: every module that has them uses them at once. */
const HELPERS = 'tslib_1';

const UNDICI = /[\\/]undici[\\/]index\.js$/;
/** Written by hand, so each by its own rule: the text, and what is to stand in its place. */
const BY_HAND = [
  {
    // Both compile schemas of Fastify's own, which no route here has.
    file: /[\\/]fastify[\\/]lib[\\/]schema-controller\.js$/,
    pattern: /const (\w+) = (require\('[^']+'\))\n(\s+)(compilersFactory\.\w+) = \1\(\)/g,
    replace: 'let $1\n$3$4 = (...given) => ($1 ??= $2())(...given)',
    times: 2,
  },
  {
    // Lists a folder at the start of a server that serves it without wildcards.
    file: /[\\/]@fastify[\\/]static[\\/]index\.js$/,
    pattern: "const { glob } = require('glob')",
    replace: "const glob = (...given) => require('glob').glob(...given)",
    times: 1,
  },
  {
    // Compiles a function for each piece of each route, when most routes of most processes are never asked for.
    file: /[\\/]find-my-way[\\/]lib[\\/]node\.js$/,
    pattern: /return (new Function\('path', 'i', .+\)) \/\/ eslint-disable-line/g,
    replace: 'return function (path, i) { this.matchPrefix = $1; return this.matchPrefix(path, i) }',
    times: 1,
  },
  {
    // Asks the environment, which is a call out of the engine, for each module that it looks at for each dependency.
    file: /[\\/]@nestjs[\\/]core[\\/]injector[\\/]helpers[\\/]is-debug-mode\.util\.js$/,
    pattern: 'return !!process.env.NEST_DEBUG;',
    replace: 'return (isDebugMode.answer ??= !!process.env.NEST_DEBUG);',
    times: 1,
  },
  {
    file: UNDICI,
    pattern: "const fetchImpl = require('./lib/web/fetch').fetch",
    replace: "const fetchImpl = (...given) => require('./lib/web/fetch').fetch(...given)",
    times: 1,
  },
  {
    file: UNDICI,
    pattern: "const { CacheStorage } = require('./lib/web/cache/cachestorage')",
    replace: 'let caches',
    times: 1,
  },
  {
    file: UNDICI,
    pattern: 'module.exports.caches = new CacheStorage(kConstruct)',
    replace:
      "Object.defineProperty(module.exports, 'caches', { enumerable: true, get: () => (caches ??= new (require('./lib/web/cache/cachestorage').CacheStorage)(kConstruct)) })",
    times: 1,
  },
];

/** Load all of a package to export it, and are written by hand. */
const INDEX = /[\\/](?:undici|rate-limiter-flexible)[\\/]index\.js$/;
const LOADED = /^const (?:(\w+)|\{ ([\w, ]+) \}) = (require\('[^']+'\));?$/gm;
const LOADED_TO_EXPORT = /^module\.exports\.(\w+) = (require\('[^']+'\)\.\w+)$/gm;
const LOADED_MEMBER = /^( +)(\w+): (require\('[^']+'\))(,?)$/gm;

/** Defined once at the head of a bundle. */
export const LAZY_HELPERS = [
  'const __lazyStar = (to, names, from) => {',
  '  for (const name of names) if (!Object.hasOwn(to, name)) Object.defineProperty(to, name, { enumerable: true, get: () => from()[name] });',
  '};',
  'const __requireFrom = (file, name) => __createRequire(__urlOf(file))(name);',
].join('\n');

/** A plugin of the bundler. */
export const lazyPackages = {
  name: 'lazy-packages',
  async transform(code, id) {
    if (!id.includes('node_modules')) return null;
    const resolve = async (name, from) => (await this.resolve(name, from, { kind: 'require-call' }))?.id;
    const rules = BY_HAND.filter(({ file }) => file.test(id));
    const compiled = COMPILED.test(code);
    if (rules.length === 0 && !compiled && !INDEX.test(id)) return null;
    const prepared = rules.reduce((text, rule) => byHand(text, id, rule), code);
    const indexed = INDEX.test(id) ? lazyIndex(prepared) : prepared;
    const lazy = compiled ? lazyImports(await lazyStars(indexed, id, resolve)) : indexed;
    return { code: await leaveOut(lazy, id, resolve), map: null };
  },
};

/** @throws Error when the package is not written as it was: the rule is to be looked at again */
function byHand(code, id, { pattern, replace, times }) {
  const found = code.matchAll(typeof pattern === 'string' ? new RegExp(RegExp.escape(pattern), 'g') : pattern);
  if ([...found].length !== times) throw new Error(`${id} is not written as scripts/lazy-packages.mjs expects it`);
  return code.replaceAll(pattern, replace);
}

/** What is loaded only to be exported is loaded by whoever asks for it. */
function lazyIndex(code) {
  const prepared = code
    .replaceAll(LOADED_TO_EXPORT, (_all, name, loaded) => getter(name, loaded))
    .replaceAll(LOADED_MEMBER, '$1get $2() { return $3 }$4');
  const used = prepared.replaceAll(/'[^'\n]*'/g, '');
  // Named where it is loaded and where it is exported.
  const isOnlyExported = (name) => [...used.matchAll(new RegExp(String.raw`(?<![\w$.])${name}\b`, 'g'))].length === 2;
  let lazy = prepared;
  for (const [line, whole, several, loaded] of prepared.matchAll(LOADED)) {
    const names = whole === undefined ? several.split(', ') : [whole];
    const exported = names.map((name) => new RegExp(`^module\\.exports\\.${name} = ${name}$|^  ${name},$`, 'm'));
    if (!names.every((name, i) => isOnlyExported(name) && exported[i].test(prepared))) continue;
    lazy = names.reduce(
      (text, name, i) => {
        const value = whole === undefined ? `${loaded}.${name}` : loaded;
        return text.replace(exported[i], (found) =>
          found.startsWith(' ') ? `  get ${name}() { return ${value} },` : getter(name, value),
        );
      },
      lazy.replace(line, ''),
    );
  }
  return lazy;
}

const getter = (name, value) =>
  `Object.defineProperty(module.exports, '${name}', { enumerable: true, get: () => ${value} })`;

/** Each stays on its line, so that positions in the bundle still lead to the file. */
function lazyImports(code) {
  let lazy = code;
  for (const [line, name, loaded] of code.matchAll(IMPORT)) {
    if (name === HELPERS) continue;
    const uses = new RegExp(String.raw`(?<![\w$]|(?<!\.\.)\.)(new )?\b${name}\b((?:\.\w+)*)`, 'g');
    const [before, after] = split(lazy, line);
    const use = (_all, made, members) => (made === undefined ? `${name}$()${members}` : `new (${name}$()${members})`);
    lazy = `${before.replaceAll(uses, use)}var ${name}$loaded; function ${name}$() { return (${name}$loaded ??= ${loaded}); }${after.replaceAll(uses, use)}`;
  }
  return lazy;
}

function split(text, part) {
  const at = text.indexOf(part);
  return [text.slice(0, at), text.slice(at + part.length)];
}

async function leaveOut(code, id, resolve) {
  const place = JSON.stringify(relative(ROOT, id).split(sep).join('/'));
  const names = new Set([...code.matchAll(REQUIRED)].map(([, , name]) => name));
  const out = new Set();
  for (const name of names) if (LEFT_OUT.test((await resolve(name, id)) ?? '')) out.add(name);
  return code.replaceAll(REQUIRED, (all, _quote, name) =>
    out.has(name) ? `__requireFrom(${place}, ${JSON.stringify(name)})` : all,
  );
}

async function lazyStars(code, id, resolve) {
  const stars = await Promise.all(
    [...code.matchAll(STAR)].map(async ([line, name]) => ({
      line,
      name,
      names: await exportsOf(await resolve(name, id), resolve),
    })),
  );
  return stars.reduce(
    (text, { line, name, names }) =>
      names === null
        ? text
        : text.replace(line, () => `__lazyStar(exports, ${JSON.stringify(names)}, () => require("${name}"));`),
    code,
  );
}

const known = new Map();

/** What a module exports by name; `null` where only running it would tell. */
async function exportsOf(id, resolve) {
  if (id === undefined) return null;
  if (!known.has(id)) known.set(id, readExports(id, resolve));
  return known.get(id);
}

async function readExports(id, resolve) {
  const code = await readFile(id, 'utf8').catch(() => null);
  if (code === null || !COMPILED.test(code)) return null;
  const names = [...code.matchAll(EXPORTED)].map(([, assigned, defined]) => assigned ?? defined);
  for (const [, name] of code.matchAll(STAR)) {
    const more = await exportsOf(await resolve(name, id), resolve);
    if (more === null) return null;
    names.push(...more);
  }
  return [...new Set(names)].filter((name) => name !== 'default' && name !== '__esModule');
}
