import { createActions, loadDialogs } from './actions/create-actions.js';
import { Fleet } from './app/fleet.js';
import { Notices } from './app/notices.js';
import { followAddress } from './app/table-address.js';
import { applyTheme } from './app/theme.js';
import { fill, h } from './dom/h.js';
import { followPastes } from './dom/paste-notes.js';
import { HttpClient } from './http/http-client.js';
import { ProblemError } from './http/problem.js';
import { followKeyLinks, forgetKey, takeKey, takeReason } from './session/session.js';
import { askForKey, signIn, signInText } from './session/sign-in.view.js';
import { dashboardView } from './views/dashboard.view.js';
import { headerView } from './views/header.view.js';
import { instancesView } from './views/instances.view.js';

applyTheme();
followKeyLinks();
followPastes(document);
const host = /** @type {HTMLElement} */ (document.getElementById('app'));
const notices = new Notices(/** @type {HTMLElement} */ (document.getElementById('notices')));
const { session, http, fleet } = await open();
/** @type {import('./app/context.js').ContextParts} */
const parts = { session, http, notices, fleet };
const context = { ...parts, actions: createActions(parts) };

fill(host, headerView(context), h('main', { class: 'page-main' }, dashboardView(context), instancesView(context)));
fleet.stream.watch((state) => {
  // The key was taken back while the page was open.
  if (state.kind !== 'refused' || state.problem.status !== 401) return;
  forgetKey('The key is not known here any more. Sign in with one that is.');
  location.reload();
});
await fleet.start();
// A press then opens its dialog at once, also while the API is away. One that comes before loads it, and tells a failure.
await loadDialogs().catch(() => undefined);

async function open() {
  const key = takeKey();
  if (key === null) return ask(takeReason());
  const known = connect(key);
  // While it is asked whose the key is: of what is shown first this takes longest.
  known.fleet.readAhead();
  try {
    return { session: await signIn(key), ...known };
  } catch (error) {
    // What was begun with this key must not go on beside what the next one begins.
    known.fleet.end();
    if (error instanceof ProblemError && error.status === 401) forgetKey();
    return ask(signInText(error));
  }
}

/** @param {string} message */
async function ask(message) {
  const session = await askForKey(host, { message });
  return { session, ...connect(session.key) };
}

/** @param {string} key */
function connect(key) {
  /** @type {HttpClient} */
  const http = new HttpClient(key, (answer) => fleet.noteAnswer(answer));
  const fleet = new Fleet(http, key);
  followAddress(fleet.table, http.ended.signal);
  return { http, fleet };
}
