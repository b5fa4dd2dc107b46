import { compileFunction } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { lazyPackages } from './lazy-packages.mjs';

const COMPILED = 'Object.defineProperty(exports, "__esModule", { value: true });';
const ID = '/project/node_modules/a-package/dist/index.js';

/** Runs what the plugin makes of the code of a package, with modules that say when they are loaded. */
async function run(code: string, modules: Readonly<Record<string, object>>) {
  const transformed = await lazyPackages.transform.call({ resolve: async () => null }, `${COMPILED}\n${code}`, ID);
  const loaded: string[] = [];
  const load = (name: string): object => {
    loaded.push(name);
    return modules[name] ?? {};
  };
  const exports: Record<string, (...given: readonly unknown[]) => unknown> = {};
  // As Node runs a module of this kind.
  compileFunction(transformed?.code ?? '', ['exports', 'require'])(exports, load);
  return { exports, loaded };
}

class Queue {
  constructor(readonly name: string) {}
}

describe('a module of a package that the TypeScript compiler has written', () => {
  it('loads another one when it first uses it, and once', async () => {
    const { exports, loaded } = await run(
      'const queue_1 = require("./queue");\nexports.open = (name) => new queue_1.Queue(name);',
      { './queue': { Queue } },
    );
    expect(loaded).toEqual([]);
    expect(exports['open']?.('a')).toEqual(new Queue('a'));
    expect(exports['open']?.('b')).toEqual(new Queue('b'));
    expect(loaded).toEqual(['./queue']);
  });

  it('loads at once what it uses at once', async () => {
    const { exports, loaded } = await run(
      'const queue_1 = require("./queue");\nclass Own extends queue_1.Queue {}\nexports.open = (name) => new Own(name);',
      { './queue': { Queue } },
    );
    expect(loaded).toEqual(['./queue']);
    expect(exports['open']?.('a')).toBeInstanceOf(Queue);
  });

  it('calls, spreads and exports what it has imported as before', async () => {
    const { exports } = await run(
      [
        'const b_1 = require("./b");',
        'exports.call = (n) => (0, b_1.double)(n);',
        'exports.spread = () => ({ ...b_1.options });',
        'Object.defineProperty(exports, "twice", { enumerable: true, get: function () { return b_1.double; } });',
        'exports.member = (of) => of.b_1;',
      ].join('\n'),
      { './b': { double: (n: number) => 2 * n, options: { every: 3 } } },
    );
    expect(exports['call']?.(2)).toBe(4);
    expect(exports['spread']?.()).toEqual({ every: 3 });
    expect(exports['twice']?.(5)).toBe(10);
    expect(exports['member']?.({ b_1: 'its own' })).toBe('its own');
  });

  it('exports all of a module that cannot be read as it did', async () => {
    const { loaded } = await run(
      'var __exportStar = (m, to) => Object.assign(to, m);\n__exportStar(require("./c"), exports);',
      {},
    );
    expect(loaded).toEqual(['./c']);
  });
});

describe('a module of a package that was written by hand', () => {
  it('ends the build when it is not written as the rule expects it', async () => {
    const id = '/project/node_modules/@fastify/static/index.js';
    const transform = lazyPackages.transform.call({ resolve: async () => null }, "const glob = require('glob')", id);
    await expect(transform).rejects.toThrow('is not written as');
  });
});
