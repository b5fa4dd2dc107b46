import { readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './bootstrap/project.mjs';
import { LAZY_HELPERS, lazyPackages } from './lazy-packages.mjs';

const APPS = ['api', 'worker', 'standalone', 'watchdog'];

/** The folder of the project, counted from the file of a bundle. */
const UP = '../../../../';

/**
 * What the file of the process is in place of the bundle. Node evaluates a module of its own for each of its libraries that
 * an ECMAScript module imports, and reads all that it exports: with `node:http`, a client for HTTP that no process here
 * uses. CommonJS is asked for what it uses.
 */
const LOADER = [
  "import { createRequire } from 'node:module';",
  "export const { running } = createRequire(import.meta.url)('./run.cjs');",
  '',
].join('\n');

/** Of Nest and its kin: asked for, and done without where they are not installed. */
const NOT_INSTALLED = [/^@nestjs\/(?:microservices|websockets|platform-express)(?:\/|$)/, '@fastify/multipart'];
/** Loaded from node_modules by a process that makes traces, and by no other. What the interfaces of OpenTelemetry are is bundled. */
const OF_TRACES = /^@opentelemetry\/(?!api$)/;
/** Native code, and a library of queues for which bull-board has an adapter as well. */
const EXTERNAL = ['msgpackr-extract', 'bull', OF_TRACES, ...NOT_INSTALLED];

/**
 * Where a file lies is answered for the place that it had before it was put into the bundle: scripts for Redis, the
 * web page and the packages' own files are found beside it.
 */
const OWN_PLACE = /\bimport\.meta\.(url|dirname|filename)\b/g;
const OWN_RESOLVE = /\bimport\.meta\.resolve\(/g;
const COMMON_PLACE = /\b__(?:dirname|filename)\b/;
/** The start of a file, behind which a declaration takes nothing from it. */
const START = /^(?:#!.*\n)?(?:(?:\s|\/\*[^]*?\*\/|\/\/.*\n)*(['"])use strict\1;?)?/;
/** What a module loads by a `require` of its own is put into the bundle too: a second copy would know nothing of the first. */
const OWN_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m;
/** How bull-board hides from bundlers that it asks where its files lie. */
const HIDDEN_RESOLVE = /\beval\(`require\.resolve\('([^']+)'\)`\)/g;

/** Of the code of packages there is none: it would be the larger part, and a process reads all of it. */
const NO_MAP = { mappings: '' };

/**
 * Puts all that `dist/apps/<app>/src/run.js` imports into one file beside it, with a map that leads to the sources of this
 * project: a process that would find, read and link some two thousand modules otherwise is up in less than half the time.
 */
async function bundle(app) {
  const input = join(ROOT, 'dist', 'apps', app, 'src', 'run.js');
  const file = join(ROOT, 'dist', 'apps', app, 'src', 'run.cjs');
  const bundled = await rolldown({
    input,
    platform: 'node',
    external: EXTERNAL,
    // Packages as Node itself would load them.
    resolve: { mainFields: ['main'] },
    plugins: [maps, lazyPackages, places],
  });
  try {
    const { output } = await bundled.generate({
      file,
      format: 'cjs',
      codeSplitting: false,
      // Names of classes are names of schemas, of loggers and of errors.
      keepNames: true,
      comments: false,
      sourcemap: true,
      sourcemapExcludeSources: true,
      banner: [
        "'use strict';",
        "const { createRequire: __createRequire } = require('node:module');",
        "const { fileURLToPath: __toPath, pathToFileURL: __toUrl } = require('node:url');",
        `const __root = new URL('${UP}', __toUrl(__filename));`,
        'const __urlOf = (file) => new URL(file, __root).href;',
        'const __pathOf = (file) => __toPath(__urlOf(file));',
        'const __resolveFrom = (file, name) => __createRequire(__urlOf(file)).resolve(name);',
        LAZY_HELPERS,
      ].join('\n'),
    });
    const [{ code, map }] = output;
    await Promise.all([writeFile(file, inAscii(unhurried(code))), writeFile(`${file}.map`, map.toString())]);
    await writeFile(input, LOADER);
  } finally {
    await bundled.close();
  }
}

/** The code of this project, with the maps that the compiler made. */
const maps = {
  name: 'maps',
  load: {
    filter: { id: /[\\/]dist[\\/](?:apps|libs)[\\/].*\.js$/ },
    handler: async (id) => {
      const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')]);
      return { code, map: JSON.parse(map) };
    },
  },
};

const places = {
  name: 'places',
  transform: (code, id) => {
    const path = relative(ROOT, id).split(sep).join('/');
    const folder = path.slice(0, path.lastIndexOf('/'));
    const place = { url: `__urlOf('${path}')`, dirname: `__pathOf('${folder}')`, filename: `__pathOf('${path}')` };
    const answered = code
      .replace(OWN_REQUIRE, '')
      .replaceAll(OWN_PLACE, (_all, what) => place[what])
      .replaceAll(OWN_RESOLVE, `__resolveFrom('${path}', `);
    // Each stays on its line, so that the map still leads to it.
    if (path.startsWith('dist/')) return answered === code ? null : { code: answered, map: null };
    const bundled = answered.replaceAll(HIDDEN_RESOLVE, (_all, name) => `__resolveFrom('${path}', '${name}')`);
    if (!COMMON_PLACE.test(bundled)) return { code: bundled, map: NO_MAP };
    const names = `;var __dirname = ${place.dirname}, __filename = ${place.filename};`;
    return { code: bundled.replace(START, (start) => `${start}${names}`), map: NO_MAP };
  },
};

/**
 * A function in parentheses is compiled, and kept in the cache of code, before anybody knows that it is called: most of
 * these are not.
 */
function unhurried(code) {
  return code.replaceAll(/^(var \S+ = __(?:commonJSMin|esmMin)\()\((?=\(|async )/gm, '$1(0, ');
}

/** With other letters escaped: the engine then holds the text in one byte for each, not in two. */
function inAscii(code) {
  return code
    .replaceAll(/(?<=(?:^|[^\\])(?:\\\\)*)\\(?=[\u0080-\uffff])/g, '')
    .replaceAll(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

for (const app of APPS) await bundle(app);
