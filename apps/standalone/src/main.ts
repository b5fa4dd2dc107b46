import { requireNode } from '@app/platform/require-node';

requireNode();
// Loaded afterwards: an older Node fails as soon as it links these modules.
const { running } = await import('./run.js');
await running;
