import { createActions, loadDialogs } from './actions.js';
import { Fleet } from './fleet/fleet.js';
import { followAddress } from './fleet/table-address.js';
import { instancesView } from './instances/instances.js';
import { HttpClient } from './net/http-client.js';
import { ProblemError } from './net/problem.js';
import { dashboardView } from './overview/overview.js';
import { applyTheme } from './service/account-menu.js';
import { headerView } from './service/header.js';
import { followKeyLinks, forgetKey, readKey, readReason } from './session/session.js';
import { askForKey, signIn, signInText } from './session/sign-in.js';
import { fill, h } from './ui/dom.js';
import { followPastes } from './ui/paste-notes.js';
import { Toasts } from './ui/toasts.js';

applyTheme();

followKeyLinks();

followPastes(document);

const host = /** @type {HTMLElement} */ (document.getElementById('app'));
const toasts = new Toasts(/** @type {HTMLElement} */ (document.getElementById('toasts')));

const { session, http, fleet } = await open();

/** @type {import('./fleet/context.js').ContextParts} */
const parts = { session, http, toasts, fleet };
const context = { ...parts, actions: createActions(parts) };

fill(host, headerView(context), h('main', { class: 'page-main' }, dashboardView(context), instancesView(context)));

fleet.stream.watch((state) => {
  // The key was revoked while the page was open.
  if (state.kind !== 'rejected' || state.problem.status !== 401) return;
  forgetKey('The key is not known here any more. Sign in with one that is.');
  location.reload();
});

await fleet.start();

// A press then opens its dialog at once, also while the API is away. One that comes before loads it, and shows a failure.
await loadDialogs().catch(() => undefined);

async function open() {
  const key = readKey();
  if (key === null) return ask(readReason());
  const known = connect(key);
  // Beside the question whose the key is: of the first view this takes longest.
  known.fleet.readAhead();
  try {
    return { session: await signIn(key), ...known };
  } catch (error) {
    // The calls with this key must not go on beside those with the next one.
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
