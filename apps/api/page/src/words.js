/**
 * The words of the page: what people read, one object for each part. Views take them from the `words.js` of their own
 * folder, so that each loads its own alone; this file names all of them.
 */

export { ACTIVITY, WEBHOOKS } from './activity/words.js';
export { AUTO_STOP, DECISION, PEOPLE, WHY } from './auto-stop/words.js';
export { CLUSTER } from './cluster/words.js';
export { CREATE } from './create/words.js';
export {
  ACTIONS,
  BULK_ACTIONS,
  FLEET_ACTIONS,
  OBJECTIONS,
  RESULTS,
  STATUS_NAMES,
  WITHOUT_REDIS,
  WITHOUT_WORKER,
} from './fleet/words.js';
export { INSTANCE } from './instance/words.js';
export { BULK, CONFIRM, INSTANCES, ROW, STOP_ALL } from './instances/words.js';
export { CALLS, FIELDS, PROBLEMS } from './net/words.js';
export { NOTICES } from './notices/words.js';
export { ORPHANS } from './orphans/words.js';
export { CHARTS, OVERVIEW } from './overview/words.js';
export { KEYS, PALETTE } from './palette/words.js';
export { VIEW_NAMES } from './routing/words.js';
export { ACCOUNT, FRESHNESS, SERVICE, TROUBLES } from './service/words.js';
export { SIGN_IN } from './session/words.js';
export { SHELL } from './shell/words.js';
export { SPEND } from './spend/words.js';
export { SYNC, SYNC_NOW } from './sync/words.js';
export { UI, VALUES } from './ui/words.js';
