import { jobProblems } from '@app/jobs';
import {
  type BillDay,
  type BilledInstance,
  BillStore,
  BillTrigger,
  dateOfDay,
  differenceRatio,
  differs,
  SpendOptions,
} from '@app/spend';
import { Controller, Get, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { Answer, present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import {
  BILL_BEGUN_EXAMPLE,
  BILL_EXAMPLE,
  BillCheckBegunView,
  type BillDayView,
  type BilledInstanceView,
  BillView,
  type OtherBillsView,
} from './bill.dto.js';

/** What was counted, against what Novita has billed. */
@ApiTags('spend')
@Controller(apiPath('spend/bill'))
export class BillController {
  constructor(
    private readonly store: BillStore,
    private readonly checks: BillTrigger,
    private readonly options: SpendOptions,
  ) {}

  @Get()
  @Operation({
    id: 'getBill',
    summary: "What was counted, against Novita's own bill",
    description:
      'By day of UTC, as the latest check of each day found it. A day that cannot be compared has no difference, and says why. What is paid by the month is on another bill and is left out.',
    access: 'viewer',
    answers: { 200: { description: 'The days.', type: BillView, example: BILL_EXAMPLE } },
  })
  async read(): Promise<BillView> {
    const { billCheck: enabled, billTolerancePercent: tolerancePercent } = this.options;
    const { lastRun, days } = await this.store.read();
    return {
      enabled,
      tolerancePercent,
      ...present(
        'lastRun',
        lastRun === null ? null : { at: lastRun.at, trigger: lastRun.trigger, ...present('error', lastRun.error) },
      ),
      days: [...days.values()].toSorted((a, b) => b.day - a.day).map((day) => renderDay(day, tolerancePercent)),
    };
  }

  @Post('check')
  @Operation({
    id: 'checkBill',
    summary: "Compare with Novita's bill now",
    description:
      'A worker reads the bill and compares the last six days, but for those that were compared for good. It changes nothing at Novita.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    answers: {
      202: {
        description: 'The check is begun.',
        type: BillCheckBegunView,
        example: BILL_BEGUN_EXAMPLE,
        headers: { Location: 'Where to see what came of it.' },
      },
    },
    problems: [jobProblems['no-worker']],
  })
  async check(@Req() request: FastifyRequest): Promise<Answer<BillCheckBegunView>> {
    await this.checks.trigger(callerOf(request));
    return new Answer({ message: BILL_BEGUN_EXAMPLE.message }, { status: 202, location: '/api/v1/spend/bill' });
  }
}

function renderDay(day: BillDay, tolerancePercent: number): BillDayView {
  const { checkedAt, meteredUsd, billedUsd, unknown, detail, monthly, instances, others } = day;
  const ratio = differenceRatio(day);
  return {
    day: dateOfDay(day.day),
    checkedAt,
    meteredUsd: usd(meteredUsd),
    billedUsd: billedUsd === null ? null : usd(billedUsd),
    differenceUsd: billedUsd === null ? null : usd(billedUsd - meteredUsd),
    differencePercent: ratio === null ? null : Math.round(ratio * 1_000) / 10,
    differs: differs(day, tolerancePercent),
    ...present('unknown', unknown),
    ...present('detail', detail),
    monthly: { instances: monthly.instances, usd: usd(monthly.usd) },
    instances: instances.map(renderInstance),
    ...present('others', others === null ? null : renderOthers(others)),
  };
}

function renderOthers({ instances, meteredUsd, billedUsd }: NonNullable<BillDay['others']>): OtherBillsView {
  return { instances, meteredUsd: usd(meteredUsd), billedUsd: usd(billedUsd) };
}

function renderInstance(instance: BilledInstance): BilledInstanceView {
  return {
    ...present('instanceId', instance.instanceId),
    ...present('novitaInstanceId', instance.novitaInstanceId),
    ...present('name', instance.name),
    meteredUsd: usd(instance.meteredUsd),
    billedUsd: usd(instance.billedUsd),
  };
}
