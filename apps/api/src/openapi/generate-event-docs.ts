import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { runMain } from '@app/platform';
import { writeOrCheck } from './generated-file.js';
import { withEventReference } from './render-event-docs.js';

const PATH = 'docs/events.md';

/** Writes the reference part of docs/events.md from the types of events; with `--check` proves that it is fresh. */
await runMain(async () => {
  await writeOrCheck(PATH, withEventReference(await readFile(PATH, 'utf8')), process.argv);
});
