import { SYNC_TRIGGERS, type SyncTrigger } from '@app/jobs';
import { KUBERNETES_KINDS } from '@app/kubernetes-source';
import { validationFailed } from '@app/platform';
import { SYNC_KINDS } from '@app/sync';
import {
  KEPT_RUNS,
  SYNC_EVENT_TYPES,
  SYNC_SOURCES,
  type SyncEventType,
  type SyncSource,
  type SyncState,
  type SyncStep,
} from '@app/sync-status';
import { ApiProperty, ApiPropertyOptional, ApiQuery, ApiSchema } from '@nestjs/swagger';
import { Optional, QueryLimit } from '../core/http/input-members.js';
import { choiceViolation, IsQueryChoice } from '../core/http/input-rules.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
/** The kinds of all sources. */
const KIND = { enum: [...SYNC_KINDS, ...KUBERNETES_KINDS], enumName: 'SyncResource' } as const;
const RUN_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';

export class HeldView {
  @ApiProperty({ ...MOMENT })
  since!: string;

  @ApiProperty({ example: 'the listing lacks 40 of 100 instances' })
  reason!: string;

  @ApiProperty({ description: 'Records that would be removed or marked as terminated.', example: 40 })
  wouldRemove!: number;
}

export class NamespaceStatusView {
  @ApiProperty({ example: 'default' })
  name!: string;

  @ApiProperty({ description: 'Items read so far.', example: 40 })
  count!: number;

  @ApiPropertyOptional({ description: 'Items that are still to come; absent when that is not known.', example: 2 })
  remaining?: number;
}

export class OtherNamespacesView {
  @ApiProperty({ example: 12 })
  namespaces!: number;

  @ApiProperty({ description: 'Items read so far, of all of them.', example: 30 })
  count!: number;

  @ApiPropertyOptional({ description: 'Items that are still to come; absent when that is not known.', example: 1 })
  remaining?: number;
}

export class ResourceStatusView {
  @ApiProperty({ ...KIND, example: 'instances' })
  name!: string;

  @ApiProperty({ enum: ['pending', 'in_progress', 'completed', 'failed'], example: 'completed' })
  status!: 'pending' | 'in_progress' | 'completed' | 'failed';

  @ApiProperty({ description: 'Items read so far.', example: 120 })
  count!: number;

  @ApiPropertyOptional({ description: 'Items there are; absent before the first page.', example: 120 })
  total?: number;

  @ApiPropertyOptional({ example: 'Novita answered 500' })
  error?: string;

  @ApiPropertyOptional({ description: 'Worth knowing, although it is no failure.' })
  note?: string;

  @ApiPropertyOptional({ description: 'Of a cluster: items that are still to come; absent when that is not known.' })
  remaining?: number;

  @ApiPropertyOptional({
    type: [NamespaceStatusView],
    description: 'Of a cluster: the 100 namespaces with most items. Absent for a request without a key.',
  })
  namespaces?: readonly NamespaceStatusView[];

  @ApiPropertyOptional({ type: OtherNamespacesView, description: 'Of a cluster: all other namespaces together.' })
  otherNamespaces?: OtherNamespacesView;
}

export class SyncPauseView {
  @ApiProperty({ ...MOMENT })
  since!: string;

  @ApiPropertyOptional({ description: 'Absent for a request without a key.', example: 'user:ci' })
  by?: string;
}

export class LastSuccessView {
  @ApiProperty({ example: RUN_ID })
  runId!: string;

  @ApiProperty({ ...MOMENT })
  startTime!: string;

  @ApiProperty({ ...MOMENT })
  endTime!: string;
}

/** How far the sync with one source is, in short. */
@ApiSchema({ name: 'SyncSourceStatus' })
export class SourceStatusView {
  @ApiProperty({ enum: SYNC_SOURCES, enumName: 'SyncSource', example: 'kubernetes' })
  source!: SyncSource;

  @ApiProperty({
    enum: ['unknown', 'not_started', 'in_progress', 'completed', 'failed'],
    description: '`unknown`: Redis was not reached since this process began.',
    example: 'completed',
  })
  status!: 'unknown' | SyncState;

  @ApiPropertyOptional({ enum: ['cleanup', 'sync', 'informer', 'done'], example: 'done' })
  step?: SyncStep;

  @ApiPropertyOptional({ ...KIND, example: 'Pod' })
  currentResource?: string;

  @ApiPropertyOptional({ example: 11 })
  totalResources?: number;

  @ApiPropertyOptional({ example: 11 })
  syncedResources?: number;

  @ApiPropertyOptional({ ...MOMENT })
  startTime?: string;

  @ApiPropertyOptional({ ...MOMENT })
  endTime?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'The end of the latest run that completed.' })
  lastSuccessTime?: string;

  @ApiPropertyOptional({ example: false })
  paused?: boolean;

  @ApiPropertyOptional({ description: 'Whether the mass-removal guard holds something back.', example: false })
  held?: boolean;
}

/** How far the sync is. A member that does not apply is absent. */
@ApiSchema({ name: 'SyncStatus' })
export class SyncStatusDocument {
  @ApiProperty({ enum: ['not_started', 'in_progress', 'completed', 'failed'], example: 'in_progress' })
  status!: SyncState;

  @ApiPropertyOptional({ enum: ['cleanup', 'sync', 'informer', 'done'], example: 'sync' })
  step?: SyncStep;

  @ApiPropertyOptional({ ...KIND, example: 'instances' })
  currentResource?: string;

  @ApiProperty({ description: 'Kinds of resources that the run reads.', example: 9 })
  totalResources!: number;

  @ApiProperty({ description: 'Of those, the ones that are over, failed ones included.', example: 6 })
  syncedResources!: number;

  @ApiPropertyOptional({ ...MOMENT })
  startTime?: string;

  @ApiPropertyOptional({ ...MOMENT })
  endTime?: string;

  @ApiPropertyOptional({ description: 'Milliseconds, of a run that is over.', example: 5234 })
  duration?: number;

  @ApiPropertyOptional({ example: 'Novita answered 500 (templates)' })
  error?: string;

  @ApiProperty({ type: [ResourceStatusView] })
  resourceStatus!: readonly ResourceStatusView[];

  @ApiPropertyOptional({ example: RUN_ID })
  runId?: string;

  @ApiPropertyOptional({ enum: SYNC_TRIGGERS, example: 'schedule' })
  trigger?: SyncTrigger;

  @ApiPropertyOptional({ description: 'Of a run in progress, when there is something to go by.', example: 4 })
  estimatedRemainingSeconds?: number;

  @ApiPropertyOptional({ type: HeldView, description: 'A listing that the mass-removal guard holds back.' })
  held?: HeldView;

  @ApiPropertyOptional({ description: 'Runs in a row that failed; absent when the latest did not.', example: 1 })
  retryCount?: number;

  @ApiPropertyOptional({ ...MOMENT, description: 'When a failed run is tried again.' })
  nextRetry?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Absent while automatic runs are paused.' })
  nextRun?: string;

  @ApiPropertyOptional({ type: SyncPauseView, description: 'Present while automatic runs are paused.' })
  paused?: SyncPauseView;

  @ApiPropertyOptional({ type: LastSuccessView, description: 'The latest run that completed.' })
  lastSuccess?: LastSuccessView;

  @ApiPropertyOptional({ ...MOMENT, description: 'Every live instance is shown as of then or later.' })
  instancesAsOf?: string;

  @ApiPropertyOptional({
    type: [SourceStatusView],
    description: 'All sources in short, where a cluster is mirrored besides Novita.',
  })
  sources?: readonly SourceStatusView[];
}

/** The status, and what became of the command. */
export class SyncCommandAnswer extends SyncStatusDocument {
  @ApiProperty({ example: 'Automatic runs are paused; a run by hand is still carried out' })
  message!: string;
}

const STREAM_EVENT_TYPES = ['sync.status', ...SYNC_EVENT_TYPES] as const;

/** `data` of an event of the stream. */
@ApiSchema({ name: 'SyncEvent' })
export class SyncEventView {
  @ApiProperty({
    enum: STREAM_EVENT_TYPES,
    description: '`sync.status` is not something that happened: it is the state to begin with.',
    example: 'sync.progress',
  })
  type!: 'sync.status' | SyncEventType;

  @ApiProperty({ ...MOMENT })
  at!: string;

  @ApiProperty({ type: SyncStatusDocument, description: 'As it stood right after the event.' })
  status!: SyncStatusDocument;
}

const SOURCE = {
  enum: SYNC_SOURCES,
  enumName: 'SyncSource',
  default: 'novita',
  description: 'Whose sync is meant.',
} as const;

/** Documents the parameter that `sourceOf` reads. */
export function ApiSyncSource(): MethodDecorator {
  return ApiQuery({ name: 'source', required: false, ...SOURCE });
}

/**
 * The source that a query names, where whatever else stands in it is passed over, as a client's own `?_=…` against caches.
 *
 * @returns undefined when it names none
 * @throws Problem `validation-failed`
 */
export function sourceOf(query: unknown): SyncSource | undefined {
  const source = (query as Readonly<Record<string, unknown>>)['source'];
  if (source === undefined) return undefined;
  const detail = choiceViolation(SYNC_SOURCES, source);
  if (detail !== null) throw validationFailed([{ pointer: '?source', detail }]);
  return source as SyncSource;
}

export class SyncSourceQuery {
  @ApiPropertyOptional({ ...SOURCE })
  @Optional()
  @IsQueryChoice(SYNC_SOURCES)
  source?: SyncSource;
}

export class SyncHistoryQuery extends SyncSourceQuery {
  @QueryLimit(KEPT_RUNS, KEPT_RUNS)
  limit?: number;
}

export class SyncChangesView {
  @ApiProperty({ example: 1 })
  updated!: number;

  @ApiProperty({ example: 0 })
  created!: number;

  @ApiProperty({ example: 0 })
  adopted!: number;

  @ApiProperty({ example: 0 })
  removed!: number;

  @ApiProperty({ example: 0 })
  markedTerminated!: number;

  @ApiProperty({ example: 0 })
  leftMissing!: number;
}

export class SyncRunView {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  runId!: string;

  @ApiProperty({ enum: SYNC_TRIGGERS, example: 'schedule' })
  trigger!: SyncTrigger;

  @ApiProperty({ description: '`sync`, or `user:<name of the key>`.', example: 'sync' })
  requestedBy!: string;

  @ApiProperty({ enum: ['completed', 'failed'], example: 'completed' })
  outcome!: 'completed' | 'failed';

  @ApiPropertyOptional({
    description: 'Names the kinds that failed and why.',
    example: 'templates: Novita answered 500',
  })
  error?: string;

  @ApiProperty({ ...MOMENT })
  startTime!: string;

  @ApiProperty({ ...MOMENT })
  endTime!: string;

  @ApiProperty({ description: 'Milliseconds.', example: 5234 })
  duration!: number;

  @ApiPropertyOptional({ type: SyncChangesView, description: 'Absent when they were not counted.' })
  changes?: SyncChangesView;

  @ApiPropertyOptional({ description: 'Absent when they were not listed to the end.', example: 120 })
  novitaInstances?: number;

  @ApiProperty({ description: 'Whether the mass-removal guard held its listing back.', example: false })
  held!: boolean;

  @ApiProperty({
    ...KIND,
    isArray: true,
    description: 'The kinds that failed.',
    example: [],
  })
  failedResources!: string[];

  @ApiProperty({ type: [ResourceStatusView] })
  resourceStatus!: ResourceStatusView[];
}

export class SyncHistoryView {
  @ApiProperty({ type: [SyncRunView], description: 'The latest first.' })
  runs!: SyncRunView[];

  @ApiProperty({ description: 'Runs that are kept; at most 100. The averages are over all of them.', example: 1 })
  count!: number;

  @ApiPropertyOptional({ description: 'Of the runs that completed; absent when none did.', example: 5234 })
  averageDurationMs?: number;

  @ApiPropertyOptional({ description: 'The part that failed, 0 to 1; absent when there were no runs.', example: 0 })
  failureRate?: number;
}
