import 'reflect-metadata';
import { ProblemRegistry, renderProblemsMarkdown, runMain } from '@app/platform';
import { PROBLEM_FAMILIES } from '../problems/problem-families.js';
import { writeOrCheck } from './generated-file.js';

/** Writes docs/errors.md from the declared problem types; with `--check` proves that it is fresh. */
await runMain(async () => {
  const registry = new ProblemRegistry();
  for (const family of PROBLEM_FAMILIES) registry.declare(family);
  await writeOrCheck('docs/errors.md', renderProblemsMarkdown(registry.all()), process.argv);
});
