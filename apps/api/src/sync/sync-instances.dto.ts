import { type FieldError, oneLine, Problem } from '@app/platform';
import { SYNC_KINDS, type SyncAction, type SyncKind, type SyncOptions, type SyncReport } from '@app/sync';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { present } from '../core/http/answer.js';
import { Optional, QueryFlag } from '../core/http/input-members.js';
import { IsFlag, IsListOf } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';
import { HeldView } from './sync-status.dto.js';

/** Far more than there are, so that each wrong kind of a list is named. */
const MAX_RESOURCES = 50;
const ACTIONS = [
  'update',
  'create',
  'adopt',
  'remove',
  'mark-terminated',
  'leave',
] as const satisfies readonly SyncAction[];

export class SyncInstancesInput implements Checked {
  @ApiPropertyOptional({
    description: 'Lets a listing through that is held, after Novita has denied each missing instance.',
    default: false,
  })
  @Optional()
  @IsFlag()
  forceSync?: boolean;

  @ApiPropertyOptional({
    description: 'False: records are updated and added, and nothing that is missing is touched.',
    default: true,
  })
  @Optional()
  @IsFlag()
  handleObsoleteInstances?: boolean;

  @ApiPropertyOptional({ description: 'Change nothing, and list in `actions` what would be done.', default: false })
  @Optional()
  @IsFlag()
  dryRun?: boolean;

  @ApiPropertyOptional({
    description: 'What to read at Novita; absent: everything.',
    enum: SYNC_KINDS,
    enumName: 'SyncKind',
    isArray: true,
    example: ['instances'],
  })
  @Optional()
  @IsListOf({ of: 'kinds', example: '["instances"]', min: 1, max: MAX_RESOURCES })
  resources?: SyncKind[];

  violations(): readonly FieldError[] {
    const resources = this.resources ?? [];
    return resources.flatMap((kind, index) => {
      const pointer = `/resources/${index}`;
      if (!SYNC_KINDS.includes(kind)) return [{ pointer, detail: `must be one of ${SYNC_KINDS.join(', ')}` }];
      return resources.indexOf(kind) === index ? [] : [{ pointer, detail: 'stands there twice' }];
    });
  }
}

export class SyncInstancesQuery {
  @QueryFlag({
    description: 'While a sync runs: true waits for its end and answers with it, false is rejected.',
    default: false,
  })
  wait?: boolean;
}

export function toSyncOptions(input: SyncInstancesInput): SyncOptions {
  return {
    forceSync: input.forceSync ?? false,
    handleObsoleteInstances: input.handleObsoleteInstances ?? true,
    dryRun: input.dryRun ?? false,
    // In the order in which they are shown, whatever the caller's.
    resources: SYNC_KINDS.filter((kind) => input.resources?.includes(kind) ?? true),
  };
}

export class SyncOptionsView {
  @ApiProperty({ example: false })
  forceSync!: boolean;

  @ApiProperty({ example: true })
  handleObsoleteInstances!: boolean;

  @ApiProperty({ example: false })
  dryRun!: boolean;

  @ApiProperty({ enum: SYNC_KINDS, enumName: 'SyncKind', isArray: true, example: [...SYNC_KINDS] })
  resources!: SyncKind[];
}

export class SyncFailureView {
  @ApiProperty({ enum: SYNC_KINDS, enumName: 'SyncKind', example: 'templates' })
  resource!: SyncKind;

  @ApiProperty({ example: 'Novita answered 500' })
  error!: string;
}

export class PlannedActionView {
  @ApiProperty({ enum: ACTIONS, example: 'mark-terminated' })
  action!: SyncAction;

  @ApiPropertyOptional({
    description: 'Absent when there is no record yet.',
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  instanceId?: string;

  @ApiProperty({ example: '5f2c8d1e9a7b4c30' })
  novitaInstanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ example: 'missing from a clean listing, and Novita says that it does not exist' })
  reason!: string;
}

export class SyncResultData {
  @ApiProperty({ description: 'Records before; terminated ones and those made elsewhere included.', example: 5 })
  beforeSync!: number;

  @ApiProperty({ description: 'Records after.', example: 3 })
  afterSync!: number;

  @ApiPropertyOptional({
    description: 'Instances that Novita lists; absent when it was not asked for them.',
    example: 3,
  })
  novitaInstances?: number;

  @ApiProperty({ description: 'The same as `beforeSync`.', example: 5 })
  localInstances!: number;

  @ApiPropertyOptional({ description: 'Of `novitaInstances`, those that have a record now: all of them.', example: 3 })
  mergedInstances?: number;

  @ApiProperty({ description: 'The same as `afterSync`.', example: 3 })
  totalInstances!: number;

  @ApiProperty({ example: 2 })
  instancesRemoved!: number;

  @ApiProperty({ description: 'Milliseconds.', example: 1250 })
  duration!: number;

  @ApiProperty({ description: 'When it ended.', format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  timestamp!: string;

  @ApiProperty({ type: SyncOptionsView })
  options!: SyncOptionsView;

  @ApiProperty({ description: 'Records whose content changed.', example: 1 })
  updated!: number;

  @ApiProperty({ description: 'New records.', example: 0 })
  created!: number;

  @ApiProperty({
    description: 'Instances of ours that had lost their record, and records that learned their instance.',
    example: 0,
  })
  adopted!: number;

  @ApiProperty({ example: 0 })
  markedTerminated!: number;

  @ApiProperty({ description: 'Missing from the listing and left as they are.', example: 0 })
  leftMissing!: number;

  @ApiPropertyOptional({ type: HeldView, description: 'Absent unless the mass-removal guard holds the listing back.' })
  held?: HeldView;

  @ApiPropertyOptional({
    description: 'Why the listing proves no absence; absent when it is clean.',
    example: 'the total changed from 101 to 100 between pages',
  })
  unclean?: string;

  @ApiProperty({ description: 'Whether this is the run that was under way already.', example: false })
  joined!: boolean;

  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  runId!: string;

  @ApiProperty({ type: [SyncFailureView] })
  failures!: SyncFailureView[];

  @ApiPropertyOptional({ type: [PlannedActionView], description: 'With `dryRun`: what it would do; at most 10,000.' })
  actions?: PlannedActionView[];

  @ApiPropertyOptional({ description: 'With `dryRun`: how many actions there are in all.', example: 0 })
  actionCount?: number;
}

export class SyncInstancesAnswer {
  @ApiProperty({ description: 'False when a kind could not be read.', example: true })
  success!: boolean;

  @ApiProperty({ example: 'Instances synchronized successfully' })
  message!: string;

  @ApiProperty({ type: SyncResultData })
  data!: SyncResultData;
}

export class SyncRunningData {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  runId!: string;

  @ApiProperty({ enum: ['running'], example: 'running' })
  status!: 'running';
}

export class SyncRunningAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: 'The sync goes on; GET /api/v1/sync/status shows how far it is' })
  message!: string;

  @ApiProperty({ type: SyncRunningData })
  data!: SyncRunningData;
}

const MAX_ERROR_LENGTH = 500;

/**
 * The answer to a sync by hand. A run in which another kind failed says so beside what it did; a run that did not
 * do what it was asked for is a failure.
 *
 * @throws Problem `sync-failed`
 */
export function renderReport(report: SyncReport, joined: boolean): SyncInstancesAnswer {
  if (report.outcome === 'failed' && !isCarriedThrough(report)) throw syncFailed(report);
  return { success: report.outcome === 'completed', message: messageOf(report), data: dataOf(report, joined) };
}

/** Whether something was done, the instances among it if they were asked for. */
function isCarriedThrough({ failures, options }: SyncReport): boolean {
  const failed = new Set(failures.map(({ resource }) => resource));
  return failed.size > 0 && failed.size < options.resources.length && !failed.has('instances');
}

function syncFailed(report: SyncReport): Problem {
  return new Problem(API_PROBLEMS['sync-failed'], {
    detail: oneLine(`The sync failed: ${report.error ?? 'nobody knows why'}`, MAX_ERROR_LENGTH),
    extensions: { runId: report.runId, failures: failuresOf(report) },
  });
}

function messageOf({ options, outcome, failures, held, actionCount }: SyncReport): string {
  if (options.dryRun)
    return `Dry run: nothing was changed; ${actionCount} action${actionCount === 1 ? '' : 's'} would be carried out`;
  if (outcome === 'failed') return `Synchronized except for ${failures.map(({ resource }) => resource).join(', ')}`;
  if (held !== null) return 'Instances synchronized, but those that are missing are held back';
  if (!options.resources.includes('instances')) return 'Catalogue synchronized successfully';
  return 'Instances synchronized successfully';
}

function dataOf(report: SyncReport, joined: boolean): SyncResultData {
  const { changes, options } = report;
  return {
    beforeSync: report.recordsBefore,
    afterSync: report.recordsAfter,
    ...present('novitaInstances', report.novitaInstances),
    localInstances: report.recordsBefore,
    ...present('mergedInstances', report.novitaInstances),
    totalInstances: report.recordsAfter,
    instancesRemoved: changes.removed,
    duration: report.durationMs,
    timestamp: report.endedAt,
    options: { ...options, resources: [...options.resources] },
    updated: changes.updated,
    created: changes.created,
    adopted: changes.adopted,
    markedTerminated: changes.markedTerminated,
    leftMissing: changes.leftMissing,
    ...present('held', report.held),
    ...present('unclean', report.unclean),
    joined,
    runId: report.runId,
    failures: failuresOf(report),
    ...(options.dryRun && {
      actions: report.actions.map((action) => ({ ...action })),
      actionCount: report.actionCount,
    }),
  };
}

function failuresOf({ failures }: SyncReport): SyncResultData['failures'] {
  return failures.map(({ resource, error }) => ({ resource, error: oneLine(error, MAX_ERROR_LENGTH) }));
}
