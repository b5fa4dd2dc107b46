#!/usr/bin/env node
import { requireNode } from '@app/platform/require-node';

requireNode();
// Loaded afterwards: an older Node fails as soon as it links these modules.
const { run } = await import('./run.js');
await run(process.argv);
