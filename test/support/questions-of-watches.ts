import { eventShape } from './answer-shape.js';
import {
  ask,
  get,
  inAnyOrder,
  MAPS,
  MERGE,
  MOST_TRIES,
  NS,
  PARTIAL,
  type Question,
  query,
  TABLE,
  watch,
  watched,
} from './apiserver-question.js';

export const WATCHES: readonly Question[] = [
  inAnyOrder(watch('watch what is there', { path: watched({ labelSelector: 'odd=false' }) }, 2)),
  watch('watch what is in memory', { path: watched({ resourceVersion: '0', fieldSelector: 'metadata.name=b' }) }, 1),
  watch('watch metadata', { path: watched({ fieldSelector: 'metadata.name=b' }), accept: PARTIAL }, 1),
  ask('list before the changes', { path: query(MAPS, { limit: '1' }) }, { before: 'resourceVersion' }),
  ask('a label that leads into a selector', {
    method: 'PATCH',
    path: `${MAPS}/b`,
    body: { metadata: { labels: { odd: 'true' } } },
    type: MERGE,
  }),
  ask('a change within a selector', { method: 'PATCH', path: `${MAPS}/b`, body: { data: { x: 'y' } }, type: MERGE }),
  ask('a change that is none', { method: 'PATCH', path: `${MAPS}/b`, body: { data: { x: 'y' } }, type: MERGE }),
  ask('a label that leads out of a selector', {
    method: 'PATCH',
    path: `${MAPS}/b`,
    body: { metadata: { labels: { odd: 'false' } } },
    type: MERGE,
  }),
  ask('an end within a selector', { method: 'DELETE', path: `${MAPS}/c` }),
  watch(
    'watch changes through a selector',
    (seen) => ({ path: watched({ resourceVersion: seen('before'), labelSelector: 'odd=true' }) }),
    4,
  ),
  watch(
    'watch changes as tables',
    (seen) => ({ path: watched({ resourceVersion: seen('before') }), accept: TABLE }),
    4,
  ),
  watch('watch changes', (seen) => ({ path: watched({ resourceVersion: seen('before') }) }), 4),
  {
    title: 'watch until the first bookmark',
    ask: async ({ caller }) => {
      const nothing = { fieldSelector: 'metadata.name=none', allowWatchBookmarks: 'true' };
      for (let n = 0; n < MOST_TRIES; n++) {
        const { metadata } = (await caller.ok({ path: `${MAPS}/b` })) as { metadata: { resourceVersion: string } };
        const path = watched({ ...nothing, resourceVersion: metadata.resourceVersion, timeoutSeconds: '4' });
        const first = caller.firstEvents({ path }, 1);
        // One comes shortly before the end, when something has changed after the beginning.
        await caller.ok({ method: 'PATCH', path: `${MAPS}/b`, body: { data: { n: String(n) } }, type: MERGE });
        const [bookmark] = await first;
        if (bookmark !== undefined) return eventShape(bookmark);
      }
      return 'none came';
    },
  },
  get('watch from a version that is no number', watched({ resourceVersion: 'abc' })),
  get('watch with a bad selector', watched({ labelSelector: 'a b' })),
  get('watch by a field that is none', watched({ fieldSelector: 'spec.x=1' })),
  get('watch with a match of versions', watched({ resourceVersion: '1', resourceVersionMatch: 'NotOlderThan' })),
  {
    title: 'watch with sendInitialEvents',
    ask: async ({ caller }) => {
      const asked = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
      const path = watched({ ...asked, labelSelector: 'odd=nothing' });
      return caller.firstEvents({ path }, 1).then(
        (events) => events.map(eventShape),
        (error: Error) => /was answered \d+/.exec(error.message)?.[0] ?? error.message,
      );
    },
  },
  get('watch a kind that is not there', watched({}, `${NS}/nothings`)),
];
