import { firstPage } from './fleet/table-address.js';
import { pathOfPage } from './fleet/table-query.js';
import { SUMMARY_PATH } from './instances/fleet-summary.js';
import { addressOf, ROOT } from './net/address.js';
import { beginReads } from './net/begun-reads.js';
import { placeOf } from './routing/views.js';
import { ME_PATH, readKey } from './session/session.js';

/**
 * A script of its own, which is small and runs before the others: it asks for what the first view shows while they are
 * under way. They take the answers in place of asking again.
 */

const key = readKey();
if (key !== null) {
  const { name } = placeOf(ROOT, location.pathname);
  const first = name === 'instances' ? [pathOfPage({ ...firstPage(location.search), cursor: null }), SUMMARY_PATH] : [];
  const paths = [ME_PATH, ...first];
  beginReads(key, paths.map(addressOf));
}
