/**
 * The words of the page: what people read, one object for each part. Views take them from the `words.js` of their own
 * folder, so that each loads its own alone; this file names all of them.
 */

export { ACTIVITY } from './activity/words.js';
export { WHY } from './auto-stop/words.js';
export { CREATE } from './create/words.js';
export { INSTANCE } from './instance/words.js';
export { BULK, INSTANCES } from './instances/words.js';
export { NOTICES } from './notices/words.js';
export { ORPHANS } from './orphans/words.js';
export { OVERVIEW } from './overview/words.js';
export { KEYS, PALETTE } from './palette/words.js';
export { VIEW_NAMES } from './routing/words.js';
export { SIGN_IN } from './session/words.js';
export { SHELL } from './shell/words.js';
export { SPEND } from './spend/words.js';
export { SYNC } from './sync/words.js';
export { UI } from './ui/words.js';
