import { newRepeatKey } from '../../app/repeat-key.js';
import { whileBusy } from '../../dom/busy.js';
import { fill, h, setText } from '../../dom/h.js';
import { moment } from '../../dom/moment.js';
import { actorWords } from '../../format/explain-words.js';
import { sentence } from '../../http/problem.js';

/**
 * Whether syncs begin by themselves, and the button that changes it.
 *
 * @param {import('../../app/context.js').ContextParts} parts
 * @param {(error: unknown) => void} onFailure
 */
export function syncAutomation({ http, fleet }, onFailure) {
  const words = h('p', {});
  const button = h('button', { class: 'button small', type: 'button' });
  const said = h('p', { class: 'visually-hidden', role: 'status' });
  let isPaused = false;
  /** @param {import('../../http/api-types.js').SyncStatus | null} status */
  const show = (status) => {
    isPaused = status?.paused !== undefined;
    setText(button, isPaused ? 'Resume automatic runs' : 'Pause automatic runs');
    fill(words, wordsOf(status));
  };
  button.addEventListener('click', () => {
    void whileBusy(button, async () => {
      try {
        const headers = { 'idempotency-key': newRepeatKey() };
        const isNews = fleet.reads.sync.begin();
        const { body } = await http.post(`/api/v1/sync/${isPaused ? 'resume' : 'pause'}`, undefined, { headers });
        if (isNews()) fleet.sync.set(body);
        // What was read meanwhile may be older or newer than the answer: only another look tells.
        else await fleet.readSync();
        setText(said, sentence(body.message));
      } catch (error) {
        onFailure(error);
      }
    });
  });
  return {
    element: h('div', { class: 'row between' }, words, button, said),
    stop: fleet.sync.watch(show),
  };
}

/** @param {import('../../http/api-types.js').SyncStatus | null} status */
function wordsOf(status) {
  if (status?.paused !== undefined) {
    return ['Automatic runs are paused, by ', actorWords(status.paused.by), ', ', moment(status.paused.since), '.'];
  }
  if (status?.nextRun !== undefined) return ['The next automatic run is ', moment(status.nextRun, 'until'), '.'];
  return 'No automatic run is planned at present.';
}
