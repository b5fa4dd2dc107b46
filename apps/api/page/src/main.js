import { createActions, loadDialogs } from './actions.js';
import { Fleet } from './fleet/fleet.js';
import { beginTable } from './fleet/table-address.js';
import { ROOT } from './net/address.js';
import { HttpClient } from './net/http-client.js';
import { ProblemError } from './net/problem.js';
import { after, Router } from './routing/router.js';
import { placeOf } from './routing/views.js';
import { applyTheme } from './service/theme.js';
import { followKeyLinks, forgetKey, readKey, readReason } from './session/session.js';
import { askForKey, signIn, signInText } from './session/sign-in.js';
import { SIGN_IN } from './session/words.js';
import { announcer, mainHost, shellView } from './shell/shell.js';
import { VIEWS } from './shell/views.js';
import { SHELL } from './shell/words.js';
import { fill } from './ui/dom.js';
import { prepareDates } from './ui/format.js';
import { followPastes } from './ui/paste-notes.js';
import { Toasts } from './ui/toasts.js';

const host = /** @type {HTMLElement} */ (document.getElementById('app'));
const toasts = new Toasts(/** @type {HTMLElement} */ (document.getElementById('toasts')));

/** The rows come about when the key is known: painted together, both stand earlier than the rows after a frame of their own. */
const ROWS_WITHIN_MS = 100;

applyTheme();
followKeyLinks();
followPastes(document);
void start();

/** Signs in, shows the view of the address, and then reads and loads what that view did not need. */
async function start() {
  const { session, http, fleet } = await open();
  const main = mainHost();
  const { element: announcement, announce } = announcer();
  const router = new Router(main, VIEWS, announce, SHELL.routing);
  /** @type {import('./fleet/context.js').ContextParts} */
  const parts = { session, http, toasts, fleet, router };
  const context = { ...parts, actions: createActions(parts) };
  await Promise.race([fleet.ahead, after(ROWS_WITHIN_MS)]);
  fill(host, shellView(context, main, announce), announcement);
  fleet.stream.watch((state) => {
    // The key was revoked while the page was open.
    if (state.kind !== 'rejected' || state.problem.status !== 401) return;
    forgetKey(SIGN_IN.revoked);
    location.reload();
  });
  await router.start(context);
  // All of this after the first view, which it would compete with. What changed meanwhile is read when the stream is connected.
  prepareDates();
  fleet.start();
  await fleet.readRest();
  // A press then opens its dialog at once, also while the API is away. One that comes before loads it, and shows a failure.
  await loadDialogs().catch(() => undefined);
}

async function open() {
  const key = readKey();
  if (key === null) return ask(readReason());
  const known = connect(key);
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
  beginTable(fleet.table, location.search);
  // Beside the question whose the key is: of the first view the table takes longest. The view is loaded meanwhile too.
  const { name } = placeOf(ROOT, location.pathname);
  if (name === 'instances') fleet.readAhead();
  if (name !== null) void VIEWS[name]().catch(() => undefined);
  return { http, fleet };
}
