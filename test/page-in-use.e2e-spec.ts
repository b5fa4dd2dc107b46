import { commands } from './suites/page-commands.js';
import { creating } from './suites/page-creating.js';
import { delivery } from './suites/page-delivery.js';
import { oneInstance } from './suites/page-instance.js';
import { queues } from './suites/page-queues.js';
import { reach } from './suites/page-reach.js';
import { reasons } from './suites/page-reasons.js';
import { signingIn } from './suites/page-sign-in.js';
import { KEYS_OF_ALL_ROLES } from './support/fleet-page.js';
import { PageGround } from './support/page-ground.js';

/*
 * The page while all is well: its suites share an API that serves it and another process that is both API and worker, and
 * each begins with a fleet in which nothing is. One of them alone: `-t 'commands from the page'`.
 */
const ground = PageGround.ofThisFile({
  apis: 1,
  standalones: 1,
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
