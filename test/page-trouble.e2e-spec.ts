import { away } from './suites/page-away.js';
import { refusals } from './suites/page-refusals.js';
import { KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { PageGround } from './support/page-ground.js';

/* The page while something is away or refused: its suites share a fleet, and put back what they have taken away. */
const ground = PageGround.ofThisFile({
  apis: 2,
  workers: 1,
  env: {
    ...KEYS_OF_ALL_ROLES,
    NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
    SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
  },
  sandbox: { instances: 3 },
  // What was answered is on disk, whenever the server is killed.
  redis: ['--appendonly', 'yes'],
});

away(ground);
refusals(ground);
