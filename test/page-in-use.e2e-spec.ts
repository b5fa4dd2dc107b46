import { commands } from './page-suites/commands.suite.js';
import { creating } from './page-suites/creating.suite.js';
import { delivery } from './page-suites/delivery.suite.js';
import { oneInstance } from './page-suites/instance.suite.js';
import { queues } from './page-suites/queues.suite.js';
import { reach } from './page-suites/reach.suite.js';
import { reasons } from './page-suites/reasons.suite.js';
import { signingIn } from './page-suites/sign-in.suite.js';
import { KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { PageGround } from './support/page-ground.js';

/*
 * The page while all is well: its suites share two APIs and a worker, and each begins with a fleet in which nothing is. One
 * of them alone: `-t 'commands from the page'`.
 */
const ground = PageGround.ofThisFile({
  apis: 2,
  workers: 1,
  env: { ...KEYS_OF_ALL_ROLES, TRUST_PROXY: '127.0.0.1' },
});

signingIn(ground);
queues(ground);
delivery(ground);
creating(ground);
commands(ground);
oneInstance(ground);
reach(ground);
reasons(ground);
