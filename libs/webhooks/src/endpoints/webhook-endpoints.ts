import { Clock, IdGenerator, Problem, validationFailed } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { DeliveryHints } from '../deliver/delivery-hints.js';
import {
  type EndpointFilter,
  type EndpointId,
  type EndpointState,
  endpointIdFromUlid,
  type WebhookEndpoint,
} from '../model/endpoint.js';
import { newSecret, rotatedSecrets, type SignatureAlgorithm } from '../model/secrets.js';
import { SettingSecrets } from '../model/webhook-options.js';
import { webhookProblems } from '../model/webhooks.problems.js';
import { holdViolation } from '../plan/holding.js';
import { EndpointStore, MOST_MANAGED_ENDPOINTS } from '../store/endpoint-store.port.js';

/** A new endpoint as a caller describes it; validated before. */
export interface NewEndpoint {
  readonly url: string;
  readonly description: string | null;
  readonly types: readonly string[];
  readonly filter: EndpointFilter;
  readonly ordered: boolean;
  readonly hold: boolean;
  readonly algorithm: SignatureAlgorithm;
}

/** Absent members stay as they are. */
export type EndpointChange = Partial<Omit<NewEndpoint, 'algorithm'>>;

export interface SecretRotation {
  /** Of the new secret. */
  readonly algorithm: SignatureAlgorithm;
  /** How long the present secret signs beside the new one, in ms; 0 for not at all. */
  readonly keepOldForMs: number;
}

/** Of the endpoints of instances, those that got an event last are listed. */
const LISTED_OF_INSTANCES = 100;

/**
 * The endpoints, as people manage them. All methods throw `StoreUnavailableError`; those that name an endpoint a `Problem`
 * `webhook-endpoint-not-found`; those with an expected revision (null for any) `webhook-endpoint-changed`.
 */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly store: EndpointStore,
    private readonly hints: DeliveryHints,
    private readonly settingSecrets: SettingSecrets,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {}

  /**
   * @param by `user:<key name>`
   * @throws Problem `webhook-endpoints-full`
   */
  async create({ algorithm, ...said }: NewEndpoint, by: string): Promise<WebhookEndpoint> {
    const at = this.clock.timestamp();
    const endpoint: WebhookEndpoint = {
      ...said,
      id: endpointIdFromUlid(this.ids.ulid()),
      kind: 'managed',
      state: { kind: 'active' },
      secrets: [newSecret(algorithm, at)],
      failingSince: null,
      deferredUntil: null,
      createdAt: at,
      createdBy: by,
      revision: 1,
    };
    if ((await this.store.insert(endpoint)) === 'inserted') return endpoint;
    throw new Problem(webhookProblems['webhook-endpoints-full'], {
      detail: `there are ${MOST_MANAGED_ENDPOINTS} endpoints already`,
    });
  }

  /** All managed ones and the global one, then the endpoints of instances that got an event last, at most 100 of them. */
  async list(): Promise<readonly WebhookEndpoint[]> {
    const [configured, ofInstances] = await Promise.all([
      this.store.configured(),
      this.store.latestOfInstances(LISTED_OF_INSTANCES),
    ]);
    return [...configured, ...ofInstances].map((endpoint) => this.settingSecrets.with(endpoint));
  }

  async get(id: EndpointId): Promise<WebhookEndpoint> {
    const endpoint = await this.store.get(id);
    if (endpoint !== null) return this.settingSecrets.with(endpoint);
    throw new Problem(webhookProblems['webhook-endpoint-not-found'], { detail: `there is no endpoint ${id}` });
  }

  /** @throws Problem `webhook-endpoint-fixed`; `validation-failed` where it is to hold stops and would not hear of them */
  async change(id: EndpointId, change: EndpointChange, expectedRevision: number | null): Promise<WebhookEndpoint> {
    let isMoved = false;
    const changed = await this.replace(id, expectedRevision, (endpoint) => {
      isMoved = change.url !== undefined && change.url !== endpoint.url;
      // The failures were those of the address before.
      const next = { ...managed(endpoint), ...change, ...(isMoved && { failingSince: null, deferredUntil: null }) };
      const violation = change.hold === undefined && change.types === undefined ? null : holdViolation(next);
      if (violation === null) return next;
      throw validationFailed([{ pointer: change.hold === undefined ? '/types' : '/hold', detail: violation }]);
    });
    if (isMoved) await this.hints.due([id]);
    return changed;
  }

  /** Its deliveries that wait are cancelled. @throws Problem `webhook-endpoint-fixed` */
  async remove(id: EndpointId, expectedRevision: number | null): Promise<void> {
    for (;;) {
      const endpoint = managed(await this.get(id));
      checkRevision(endpoint, expectedRevision);
      if (!(await this.store.remove(id, endpoint.revision))) continue;
      await this.hints.due([id]);
      return;
    }
  }

  /** The new secret is the first of those that are answered. @throws Problem `webhook-endpoint-fixed` */
  rotateSecret(
    id: EndpointId,
    { algorithm, keepOldForMs }: SecretRotation,
    expectedRevision: number | null,
  ): Promise<WebhookEndpoint> {
    const added = newSecret(algorithm, this.clock.timestamp());
    return this.replace(id, expectedRevision, (endpoint) => ({
      ...managed(endpoint),
      secrets: rotatedSecrets(endpoint.secrets, added, keepOldForMs),
    }));
  }

  /** Of every kind: deliveries are kept and wait. One that is paused or disabled stays as it is. */
  pause(id: EndpointId, by: string, expectedRevision: number | null): Promise<WebhookEndpoint> {
    const state: EndpointState = { kind: 'paused', by, at: this.clock.timestamp() };
    return this.replace(id, expectedRevision, (endpoint) =>
      endpoint.state.kind === 'active' ? { ...endpoint, state } : endpoint,
    );
  }

  /**
   * Of every kind: ends a pause, makes a disabled endpoint active again, or ends the time for which one that fails is left
   * alone; its failures are forgotten.
   */
  async resume(id: EndpointId, expectedRevision: number | null): Promise<WebhookEndpoint> {
    const resumed = await this.replace(id, expectedRevision, (endpoint) => {
      if (endpoint.state.kind === 'active' && endpoint.failingSince === null) return endpoint;
      if (endpoint.state.kind === 'disabled' && endpoint.state.reason === 'unset') return managed(endpoint);
      return { ...endpoint, state: { kind: 'active' }, failingSince: null, deferredUntil: null };
    });
    await this.hints.due([id]);
    return resumed;
  }

  /** @param next answers the same object when there is nothing to change */
  private async replace(
    id: EndpointId,
    expectedRevision: number | null,
    next: (endpoint: WebhookEndpoint) => WebhookEndpoint,
  ): Promise<WebhookEndpoint> {
    for (;;) {
      const endpoint = await this.get(id);
      checkRevision(endpoint, expectedRevision);
      const changed = next(endpoint);
      if (changed === endpoint) return endpoint;
      const written = { ...changed, revision: endpoint.revision + 1 };
      if ((await this.store.replace(written)) === 'replaced') return written;
    }
  }
}

/** @throws Problem `webhook-endpoint-fixed` */
function managed(endpoint: WebhookEndpoint): WebhookEndpoint {
  if (endpoint.kind === 'managed') return endpoint;
  throw new Problem(webhookProblems['webhook-endpoint-fixed'], {
    detail:
      endpoint.kind === 'global'
        ? 'this endpoint is that of WEBHOOK_URL'
        : 'this endpoint is the webhookUrl of an instance',
  });
}

function checkRevision({ id, revision }: WebhookEndpoint, expected: number | null): void {
  if (expected === null || expected === revision) return;
  throw new Problem(webhookProblems['webhook-endpoint-changed'], {
    detail: `endpoint ${id} has revision ${revision}, not ${expected}`,
  });
}
