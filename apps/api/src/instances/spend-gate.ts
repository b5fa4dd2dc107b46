import { commitmentsIn, FleetView, ownerOf } from '@app/instance-store';
import type { InstanceRef, InstanceSettings, SpendCap } from '@app/lifecycle';
import { type ApiKeyLimits, Clock, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { type KeyBudget, keyBudget, SpendReports } from '@app/spend';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { holderOf, type KeyHolder, mayUse } from '../core/auth/access.js';
import { QueryFlag } from '../core/http/input-members.js';

/** What an admin may add to a create or a start. */
export class OverSpendLimitQuery {
  @QueryFlag({
    description:
      "For admins: do it although the day's spend limit is reached. That limit does not stop the instance until it is stopped and started anew.",
    default: false,
  })
  overSpendLimit?: boolean;
}

/** What goes along with a command that was let through. */
export interface PassedGate {
  readonly overSpendLimit?: true;
  /** Of a key with limits: what the write is held against. */
  readonly cap?: SpendCap;
}

/** Whose key has limits. */
export type LimitedHolder = KeyHolder & { readonly limits: ApiKeyLimits };

export function isLimited(holder: KeyHolder): holder is LimitedHolder {
  return holder.limits !== undefined;
}

/** Reads what keys with limits may still begin; no other key costs anything here. */
@Injectable()
export class KeyBudgets {
  constructor(
    private readonly spend: SpendReports,
    private readonly fleet: FleetView,
    private readonly clock: Clock,
  ) {}

  /**
   * As of now, from the store and not from any memory of it.
   * @throws StoreUnavailableError, FleetNotLoadedError: such a key may begin nothing then
   */
  async of({ name, limits }: LimitedHolder): Promise<KeyBudget> {
    const owner = `user:${name}`;
    // In this order: what is made in between is counted by the store, and would else look like something that it does not count.
    const { records } = await this.fleet.liveOf(owner);
    const spend = await this.spend.ofOwner(owner);
    return keyBudget(limits, spend, commitmentsIn(records), this.clock.now());
  }
}

/** Asks whether anything more may begin to cost, before a create and before a start. */
@Injectable()
export class SpendGate {
  constructor(
    private readonly spend: SpendReports,
    private readonly fleet: FleetView,
    private readonly budgets: KeyBudgets,
  ) {}

  /** @throws Problem `spend-limit-reached`, or `forbidden` when an override is asked for by anyone but an admin */
  async passCreate({ overSpendLimit }: OverSpendLimitQuery, request: FastifyRequest): Promise<PassedGate> {
    if (overSpendLimit === true) return override(request);
    await this.spend.assertWithinLimit({ kind: 'create', owner: `user:${holderOf(request).name}` });
    return this.capOf(request);
  }

  /**
   * @param ref null when it is asked for by name, which leaves the limit of the fleet; an unknown one is told by the command
   * @throws Problem `spend-limit-reached`, or `forbidden` when an override is asked for by anyone but an admin
   */
  async passStart(
    ref: InstanceRef | null,
    { overSpendLimit }: OverSpendLimitQuery,
    request: FastifyRequest,
  ): Promise<PassedGate> {
    if (overSpendLimit === true) return override(request);
    const record = ref === null ? null : this.fleet.known(ref);
    // What runs already is not started.
    if (record?.desired.state !== 'running') {
      await this.spend.assertWithinLimit({ kind: 'start', owner: record === null ? null : ownerOf(record) });
    }
    return this.capOf(request);
  }

  /**
   * What a change of the lifetime is held against, if it is longer then. One that is not needs no cap, so a cap that cannot be read
   * is an error only where one is needed.
   */
  async capOfLifetime(request: FastifyRequest): Promise<Pick<InstanceSettings, 'cap' | 'capFailure'>> {
    const { limits } = holderOf(request);
    if (limits === undefined || limits.usdPerDay === null) return {};
    try {
      return await this.capOf(request);
    } catch (capFailure) {
      return { capFailure };
    }
  }

  /** What a restart is held against: it costs nothing new, unless it ends a stop that is under way. */
  async capOf(request: FastifyRequest): Promise<Pick<PassedGate, 'cap'>> {
    const holder = holderOf(request);
    if (!isLimited(holder)) return {};
    const { day, uncounted } = await this.budgets.of(holder);
    return { cap: { usdPerHour: holder.limits.usdPerHour, day, uncounted } };
  }
}

function override(request: FastifyRequest): PassedGate {
  const { role } = holderOf(request);
  if (mayUse(role, 'admin')) return { overSpendLimit: true };
  throw new Problem(PLATFORM_PROBLEMS.forbidden, {
    detail: `overSpendLimit is for the role admin; this key has the role ${role}`,
  });
}
