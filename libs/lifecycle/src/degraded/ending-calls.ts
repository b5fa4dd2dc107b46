import { FleetView, type InstanceRecord } from '@app/instance-store';
import { Novita, NovitaError, type NovitaInstanceId } from '@app/novita-client';
import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue-cache.js';
import { providerErrorOf } from '../problems/provider-errors.js';
import { LifecycleOptions } from '../reconcile/policy-source.js';
import { MarkerListing, ProviderObserver } from '../reconcile/provider-observer.js';
import type { Decision, Observation, Step } from '../state-machine/model.js';
import { applyCommandAccepted, applyCommandError } from '../state-machine/outcomes.js';

/** What the ending of instances without the store asks of the provider, before everything else that waits for its turn. */
@Injectable()
export class EndingCalls {
  private readonly logger = new Logger('EndingLoop');
  private readonly observer: ProviderObserver;

  constructor(
    private readonly novita: Novita,
    fleet: FleetView,
    private readonly clock: Clock,
    private readonly options: LifecycleOptions,
    listing: MarkerListing,
    catalogue: Catalogue,
  ) {
    const holders = {
      getManyByNovitaId: (ids: readonly NovitaInstanceId[]) =>
        Promise.resolve(
          ids.flatMap((id) => {
            const record = fleet.known(id);
            return record === null ? [] : [{ record, lastUsedAt: null }];
          }),
        ),
    };
    this.observer = new ProviderObserver(novita, holders, clock, listing, catalogue);
  }

  /** @throws the reason of the signal */
  observe(
    record: InstanceRecord,
    by: Extract<Step, { kind: 'look' }>['by'],
    signal: AbortSignal,
  ): Promise<Observation> {
    return this.observer.observe(record, by, { signal, priority: 'urgent' });
  }

  /**
   * Carries out a step that ends a bill; for any other it does nothing.
   * @returns the record with what came of it
   * @throws whatever is no answer of the provider
   */
  async carryOut({ step, record, reason }: Decision, signal: AbortSignal): Promise<InstanceRecord> {
    switch (step.kind) {
      case 'stop':
      case 'delete':
        this.logger.log('without Redis', { instanceId: record.id, step: step.kind, reason });
        return this.command(step.kind, step.target, record, signal);
      case 'stop-surplus':
      case 'delete-surplus':
        await this.endSurplus(step, record, signal);
        return record;
      // Nothing else ends a bill; looks and pauses stand in the record.
      case 'look':
      case 'create':
      case 'start':
      case 'restart':
      case 'migrate':
      case 'buy-replacement':
      case 'probe':
      case 'adopt':
      case 'fail':
      case 'poll':
      case 'wait':
      case 'done':
        return record;
    }
  }

  private async command(
    kind: 'stop' | 'delete',
    target: NovitaInstanceId,
    record: InstanceRecord,
    signal: AbortSignal,
  ): Promise<InstanceRecord> {
    const { policy } = this.options;
    try {
      await this.send(kind, target, signal);
      return applyCommandAccepted(record, kind, this.clock.now(), policy);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.logger.warn('command refused', { instanceId: record.id, command: kind, detail: error.message });
      return applyCommandError(record, kind, providerErrorOf(error), this.clock.now(), policy);
    }
  }

  private async endSurplus(
    { kind, target }: Extract<Step, { kind: 'stop-surplus' | 'delete-surplus' }>,
    { id }: InstanceRecord,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.send(kind === 'stop-surplus' ? 'stop' : 'delete', target, signal);
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      this.logger.warn('a duplicate instance could not be ended yet', {
        instanceId: id,
        target,
        detail: error.message,
      });
    }
  }

  private async send(kind: 'stop' | 'delete', target: NovitaInstanceId, signal: AbortSignal): Promise<void> {
    const options = { signal, priority: 'urgent' } as const;
    if (kind === 'stop') await this.novita.instances.stop(target, options);
    else await this.novita.instances.delete(target, options);
  }
}
