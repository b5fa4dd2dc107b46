import { MIRRORED_KINDS } from '@app/novita-client';

/** What a sync reads at the provider, in the order in which it is shown. */
export const SYNC_KINDS = ['instances', ...MIRRORED_KINDS] as const;
export type SyncKind = (typeof SYNC_KINDS)[number];
