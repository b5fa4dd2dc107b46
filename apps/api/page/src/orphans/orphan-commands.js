import { newIdempotencyKey } from '../net/http-client.js';
import { counted } from '../ui/format.js';
import { ORPHANS } from './words.js';

/** @typedef {import('../fleet/context.js').BulkTarget} BulkTarget */

/**
 * What can be done with orphans, many at once: adopting and ignoring ask before, by the dialog that serves for instances too.
 * Listing again changes nothing but the list, and asks nothing.
 *
 * @param {import('../routing/router.js').ViewContext} view
 * @param {() => Promise<void>} again reads the lists anew
 */
export function orphanCommands({ http, toasts, actions }, again) {
  /** @param {'adopt' | 'ignore'} name @param {BulkTarget} to */
  const ask = async (name, to) => {
    await actions.forSelection.find(({ action }) => action === name)?.run(to);
  };
  return {
    /** @param {BulkTarget} to */
    adopt: (to) => ask('adopt', to),
    /** @param {BulkTarget} to */
    ignore: (to) => ask('ignore', to),
    /** @param {BulkTarget} to */
    unignore: async (to) => {
      try {
        const headers = { 'idempotency-key': newIdempotencyKey() };
        const { body } = await http.post('/api/v1/instances/bulk', { action: 'unignore', ...to }, { headers });
        const { accepted, failed, items } = body.outcome;
        if (accepted > 0) toasts.success(ORPHANS.wereListed(counted(accepted)));
        const why = items.find((/** @type {{outcome: string}} */ { outcome }) => outcome === 'failed')?.reason ?? '';
        if (failed > 0) toasts.failureText(ORPHANS.notListed(counted(failed), why));
      } catch (error) {
        toasts.failure(error);
      }
      await again();
    },
  };
}
