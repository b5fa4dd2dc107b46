import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

/** Packages stay where they are; what is ours is bundled. */
const PACKAGE = /^(?!\.|\/|\0|@app\/|@oxc-project\/)/;

/** Scripts for Redis, which are read when their module is loaded, are found beside it. */
const places = {
  name: 'places',
  transform: {
    filter: { id: /\.ts$/ },
    async handler(code, id) {
      if (/\/(?:simulation|chaos)\/main\.ts$/.test(id) || !code.includes('import.meta.url')) return null;
      return { code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)), map: null };
    },
  },
};

const ENTRIES = ['main', 'seed-thread'];

/**
 * Puts the simulation of one tree of sources into two files, in a second: the product is in them as its sources are now,
 * whatever `dist` holds.
 *
 * @param {string} root the tree
 * @param {string} folder where the bundles are written; their packages are found from there
 * @returns {Promise<string>} the file to run
 */
export async function bundleSimulation(root, folder) {
  for (const entry of ENTRIES) {
    await bundleOne(root, join(root, 'simulation', `${entry}.ts`), join(folder, `${entry}.mjs`));
  }
  return join(folder, 'main.mjs');
}

/**
 * Puts one program of a tree of sources into one file.
 *
 * @param {string} root the tree
 * @param {string} input where the program begins
 * @param {string} file where the bundle is written
 */
export async function bundleOne(root, input, file) {
  const bundled = await rolldown({
    input,
    platform: 'node',
    external: (id) => PACKAGE.test(id),
    tsconfig: join(root, 'tsconfig.json'),
    plugins: [places],
  });
  try {
    await bundled.write({ file, format: 'esm', codeSplitting: false, keepNames: true, sourcemap: true });
  } finally {
    await bundled.close();
  }
}
