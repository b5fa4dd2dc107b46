import { MetricsRegistry } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import type { ApiserverErrorKind } from '../client/apiserver-error.js';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ChangeCounts } from '../store/resource-store.js';

const ERRORS: readonly ApiserverErrorKind[] = [
  'absent',
  'forbidden',
  'gone',
  'invalid',
  'malformed',
  'server',
  'throttled',
  'too-large-version',
  'unauthorized',
  'unreachable',
];

/** What the worker that follows a cluster has done. */
@Injectable()
export class KubernetesCounters {
  private readonly changes: Counter<'kind' | 'change'>;
  private readonly fullSets: Counter<'kind'>;
  private readonly sessions: Counter<'outcome'>;
  private readonly errors: Counter<'error'>;
  private readonly heldKinds: Gauge<'kind'>;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.changes = new Counter({
      name: 'novita_fleet_kubernetes_changes_total',
      help: 'Objects of a Kubernetes cluster that were written to the mirror or removed from it, by kind',
      labelNames: ['kind', 'change'],
      registers,
    });
    this.fullSets = new Counter({
      name: 'novita_fleet_kubernetes_full_sets_total',
      help: 'Full sets that were read from a Kubernetes cluster, by kind; a quiet hour makes none',
      labelNames: ['kind'],
      registers,
    });
    this.sessions = new Counter({
      name: 'novita_fleet_kubernetes_sessions_total',
      help: 'Times that this process followed a Kubernetes cluster, by how it ended: in order, or by an error or the loss of its lock',
      labelNames: ['outcome'],
      registers,
    });
    this.errors = new Counter({
      name: 'novita_fleet_kubernetes_errors_total',
      help: 'Calls to a Kubernetes apiserver that failed, by what was wrong',
      labelNames: ['error'],
      registers,
    });
    this.heldKinds = new Gauge({
      name: 'novita_fleet_kubernetes_held',
      help: 'Whether a full set of the kind is held because it lacks too much; absent in processes that do not follow a cluster',
      labelNames: ['kind'],
      registers,
    });
    // An alert on an increase needs the 0 before the first one.
    for (const kind of KUBERNETES_KINDS) {
      for (const change of ['added', 'modified', 'removed'] as const) this.changes.inc({ kind, change }, 0);
      this.fullSets.inc({ kind }, 0);
    }
    for (const outcome of ['ended', 'failed', 'lock-lost'] as const) this.sessions.inc({ outcome }, 0);
    for (const error of ERRORS) this.errors.inc({ error }, 0);
  }

  written(kind: KubernetesKind, counts: ChangeCounts): void {
    this.changes.inc({ kind, change: 'added' }, counts.added);
    this.changes.inc({ kind, change: 'modified' }, counts.modified);
    this.changes.inc({ kind, change: 'removed' }, counts.removed);
  }

  fullSet(kind: KubernetesKind): void {
    this.fullSets.inc({ kind });
  }

  callFailed(error: ApiserverErrorKind): void {
    this.errors.inc({ error });
  }

  held(kinds: readonly KubernetesKind[]): void {
    for (const kind of KUBERNETES_KINDS) this.heldKinds.set({ kind }, kinds.includes(kind) ? 1 : 0);
  }

  sessionEnded(outcome: 'ended' | 'failed' | 'lock-lost'): void {
    this.heldKinds.reset();
    this.sessions.inc({ outcome });
  }
}
