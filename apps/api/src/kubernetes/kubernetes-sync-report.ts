import { KUBERNETES_KINDS, type KubernetesKind, KubernetesView } from '@app/kubernetes-source';
import { oneLine } from '@app/platform';
import type { HeaderPair } from '@app/sync';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiHeaders, type SyncReport } from '../core/http/api-headers.js';

const LONGEST_ERROR = 200;
const NONE: readonly HeaderPair[] = [];

/**
 * The `X-Sync-*` headers of routes that show resources, by what this process knows of each kind: the sync of the
 * cluster is complete when each kind has been read once, and failed while one cannot be.
 */
@Injectable()
export class KubernetesSyncReport implements SyncReport, OnModuleInit {
  private made: { readonly text: string; readonly pairs: readonly HeaderPair[] } = { text: '', pairs: NONE };

  constructor(
    @Inject(KubernetesView) private readonly view: KubernetesView | null,
    private readonly headers: ApiHeaders,
  ) {}

  onModuleInit(): void {
    this.headers.report('kubernetes', this);
  }

  pairs(): readonly HeaderPair[] {
    if (this.view === null || !this.view.isLoaded()) return NONE;
    const pairs = this.currentPairs(this.view);
    const text = pairs.join('\n');
    if (text !== this.made.text) this.made = { text, pairs };
    return this.made.pairs;
  }

  errorWithoutKey(): string {
    return 'an API key shows why';
  }

  private currentPairs(view: KubernetesView): readonly HeaderPair[] {
    const unread: KubernetesKind[] = [];
    let failed: string | null = null;
    for (const kind of KUBERNETES_KINDS) {
      const { asOf, error } = view.freshness(kind);
      if (asOf === null && error === null) unread.push(kind);
      else if (error !== null) failed ??= oneLine(`${kind}: ${error}`, LONGEST_ERROR);
    }
    const [current] = unread;
    if (current !== undefined) {
      return [
        ['X-Sync-Status', 'in_progress'],
        ['X-Sync-Step', 'sync'],
        ['X-Sync-Progress', `${KUBERNETES_KINDS.length - unread.length}/${KUBERNETES_KINDS.length}`],
        ['X-Sync-Current-Resource', current],
      ];
    }
    if (failed === null) return [['X-Sync-Status', 'completed']];
    return [
      ['X-Sync-Status', 'failed'],
      ['X-Sync-Error', failed],
    ];
  }
}
