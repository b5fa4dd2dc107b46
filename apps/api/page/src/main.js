import { createActions, loadDialogs } from './actions/create-actions.js';
import { Fleet } from './app/fleet.js';
import { Notices } from './app/notices.js';
import { applyTheme } from './app/theme.js';
import { fill, h } from './dom/h.js';
import { HttpClient } from './http/http-client.js';
import { ProblemError } from './http/problem.js';
import { forgetKey, takeKey, takeReason } from './session/session.js';
import { askForKey, signIn, signInText } from './session/sign-in.view.js';
import { dashboardView } from './views/dashboard.view.js';
import { headerView } from './views/header.view.js';
import { instancesView } from './views/instances.view.js';

applyTheme();
const host = /** @type {HTMLElement} */ (document.getElementById('app'));
const notices = new Notices(/** @type {HTMLElement} */ (document.getElementById('notices')));
const session = await openSession();

/** @type {HttpClient} */
const http = new HttpClient(session.key, (answer) => fleet.noteAnswer(answer));
const fleet = new Fleet(http, session.key);
/** @type {Omit<import('./app/context.js').AppContext, 'actions'>} */
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

async function openSession() {
  const key = takeKey();
  if (key === null) return askForKey(host, { message: takeReason() });
  try {
    return await signIn(key);
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) forgetKey();
    return askForKey(host, { message: signInText(error) });
  }
}
