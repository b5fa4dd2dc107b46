import { FleetNotLoadedError, StoreUnavailableError } from '@app/instance-store';
import { BoardQueues } from '@app/jobs';
import { KubernetesView } from '@app/kubernetes-source';
import { NovitaHealth } from '@app/novita-client';
import { Clock } from '@app/platform';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import manifest from '../../../../package.json' with { type: 'json' };
import { holderOf } from '../core/auth/access.js';
import { present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { isLimited, KeyBudgets, type LimitedHolder } from '../instances/spend-gate.js';
import { type KeyLimitsView, MeView } from './dashboard.dto.js';
import { ME_EXAMPLE } from './dashboard.examples.js';

/** The version of the release; the API's own is in its paths. */
const RELEASE: string = manifest.version;

@ApiTags('dashboard')
@Controller(apiPath('me'))
export class MeController {
  constructor(
    @Inject(BoardQueues) private readonly queues: BoardQueues | null,
    @Inject(KubernetesView) private readonly cluster: KubernetesView | null,
    private readonly novita: NovitaHealth,
    private readonly budgets: KeyBudgets,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Operation({
    id: 'getMe',
    summary: 'Whose key this is, and what it may do',
    description:
      'For clients that show only what the key may use. Needs neither Redis nor Novita; without Redis, what the limits of a key leave is not known.',
    access: 'viewer',
    answers: { 200: { description: 'The holder of the key.', type: MeView, example: ME_EXAMPLE } },
  })
  async me(@Req() request: Pick<FastifyRequest, 'caller' | 'url'>): Promise<MeView> {
    const holder = holderOf(request);
    const { name, role } = holder;
    return {
      name,
      role,
      version: RELEASE,
      queues: this.queues !== null,
      kubernetes: this.cluster !== null,
      sandbox: this.novita.sandbox(),
      ...(isLimited(holder) && { limits: await this.limitsOf(holder) }),
    };
  }

  private async limitsOf(holder: LimitedHolder): Promise<KeyLimitsView> {
    const { usdPerHour, usdPerDay, hoursPerInstance } = holder.limits;
    const limits = { usdPerHour, ...present('usdPerDay', usdPerDay), hoursPerInstance };
    const budget = await this.budgets.of(holder).catch((error: unknown) => {
      if (error instanceof StoreUnavailableError || error instanceof FleetNotLoadedError) return null;
      throw error;
    });
    if (budget === null) return { ...limits, now: null };
    const { committedUsdPerHour, leftUsdPerHour, leftBy, leftTodayUsd, todayUsd, unpriced } = budget;
    return {
      ...limits,
      now: {
        asOf: this.clock.timestamp(),
        committedUsdPerHour: usd(committedUsdPerHour),
        leftUsdPerHour: usd(leftUsdPerHour),
        leftBy,
        todayUsd: usd(todayUsd),
        ...present('leftTodayUsd', leftTodayUsd === null ? null : usd(Math.max(0, leftTodayUsd))),
        unpriced,
      },
    };
  }
}
