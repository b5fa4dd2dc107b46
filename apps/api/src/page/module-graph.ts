import { posix } from 'node:path';

/** `import … from './x.js'`, `export … from './x.js'` and `import './x.js'` at the beginning of a line. */
const IMPORT = /^(?:import|export)\s+(?:[^'"`;]*?\sfrom\s+)?['"](\.{1,2}\/[^'"]+)['"]/gm;

/**
 * The modules that run when a page loads: its entries and what they import, each before what it leads to. Modules that
 * are imported later on, by `import()`, or only for their types, are none of them; nor is one that is not there, which
 * the check of the types finds.
 *
 * @param sources text of each module by its path
 */
export function modulesFrom(entries: readonly string[], sources: ReadonlyMap<string, string>): readonly string[] {
  const reached = new Set(entries);
  // A set also gives out what is added to it on the way.
  for (const path of reached) {
    for (const [, specifier = ''] of (sources.get(path) ?? '').matchAll(IMPORT)) {
      const target = posix.join(posix.dirname(path), specifier);
      if (sources.has(target)) reached.add(target);
    }
  }
  return [...reached];
}
