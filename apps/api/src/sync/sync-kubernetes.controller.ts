import { isSelected, KINDS, KUBERNETES_KINDS, type KubernetesKind, KubernetesSettings } from '@app/kubernetes-source';
import { type FieldError, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiBody, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer } from '../core/http/answer.js';
import { Optional } from '../core/http/input-members.js';
import { IsFlag, IsListOf } from '../core/http/input-rules.js';
import { apiPath } from '../core/http/paths.js';
import { type Checked, Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { SyncSources } from './sync-sources.js';

/** Far more than there are, so that each wrong kind of a list is named. */
const MAX_KINDS = 50;
const MAX_NAMESPACES = 100;
/** A label of RFC 1123, as Kubernetes demands of the name of a namespace. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const KINDS_MEMBER = { enum: KUBERNETES_KINDS, enumName: 'KubernetesKind', isArray: true, example: ['Pod'] } as const;
const NAMESPACES_MEMBER = { type: String, isArray: true, example: ['default'] } as const;

export class SyncKubernetesInput implements Checked {
  @ApiPropertyOptional({ ...KINDS_MEMBER, description: 'What to read anew; absent: every kind.' })
  @Optional()
  @IsListOf({ of: 'kinds', example: '["Pod"]', min: 1, max: MAX_KINDS })
  kinds?: KubernetesKind[];

  @ApiPropertyOptional({
    ...NAMESPACES_MEMBER,
    description: 'Where to read anew, if the cluster is read by namespace; absent: everywhere.',
  })
  @Optional()
  @IsListOf({ of: 'names', example: '["default"]', min: 1, max: MAX_NAMESPACES })
  namespaces?: string[];

  @ApiPropertyOptional({ description: 'Lets a list through that the mass-removal guard holds.', default: false })
  @Optional()
  @IsFlag()
  force?: boolean;

  violations(): readonly FieldError[] {
    const { kinds = [], namespaces = [] } = this;
    const known: readonly string[] = KUBERNETES_KINDS;
    const kindViolation = (kind: KubernetesKind): string | null => {
      if (!known.includes(kind)) return `must be one of ${KUBERNETES_KINDS.join(', ')}`;
      return namespaces.length === 0 || KINDS[kind].isNamespaced ? null : 'is in no namespace: ask for it without any';
    };
    return [
      ...listViolations('kinds', kinds, kindViolation),
      ...listViolations('namespaces', namespaces, (name) =>
        typeof name === 'string' && NAMESPACE.test(name) ? null : 'must be the name of a namespace',
      ),
    ];
  }
}

function listViolations<Value extends string>(
  member: string,
  list: readonly Value[],
  rule: (value: Value) => string | null,
): readonly FieldError[] {
  return list.flatMap((value, index) => {
    const pointer = `/${member}/${index}`;
    const detail = rule(value) ?? (list.indexOf(value) === index ? null : 'stands there twice');
    return detail === null ? [] : [{ pointer, detail }];
  });
}

export class SyncKubernetesView {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  requestId!: string;

  @ApiProperty({ ...KINDS_MEMBER, description: 'Empty for all.' })
  kinds!: readonly KubernetesKind[];

  @ApiProperty({ ...NAMESPACES_MEMBER, description: 'Empty for all.' })
  namespaces!: readonly string[];

  @ApiProperty({ example: false })
  force!: boolean;
}

export class SyncKubernetesAnswer {
  @ApiProperty({ example: true })
  success!: true;

  @ApiProperty({ example: 'The worker reads it anew' })
  message!: string;

  @ApiProperty({ type: SyncKubernetesView })
  data!: SyncKubernetesView;
}

const EXAMPLE = {
  success: true,
  message:
    'The worker that follows the cluster reads it anew; GET /api/v1/sync/status?source=kubernetes shows how far it is',
  data: { requestId: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE', kinds: ['Pod'], namespaces: ['default'], force: false },
} satisfies SyncKubernetesAnswer;
const WHILE_PAUSED = 'The cluster is not followed while its sync is paused; it is read anew when it is resumed';

@ApiTags('sync')
@Controller(apiPath('sync'))
export class SyncKubernetesController {
  constructor(
    private readonly sources: SyncSources,
    private readonly settings: KubernetesSettings,
  ) {}

  @Post('kubernetes')
  @ApiBody({
    type: SyncKubernetesInput,
    required: false,
    examples: {
      all: { summary: 'Everything', value: {} },
      part: { summary: 'One kind in one namespace', value: { kinds: ['Pod'], namespaces: ['default'] } },
      force: { summary: 'Let a held list through', value: { kinds: ['Pod'], force: true } },
    },
  })
  @Operation({
    id: 'syncKubernetes',
    summary: 'Read the cluster anew, or a part of it',
    description:
      'The worker that follows the cluster carries it out; it is never needed for freshness, as every change is followed. It waits while no worker is there.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    syncSource: 'kubernetes',
    answers: {
      202: {
        description: 'It is asked for.',
        type: SyncKubernetesAnswer,
        example: EXAMPLE,
        headers: { Location: 'Where to see how far it is.' },
      },
    },
    problems: [API_PROBLEMS['kubernetes-off']],
  })
  async sync(
    @Body(new Validated(SyncKubernetesInput, 'body', 'empty')) input: SyncKubernetesInput,
    @Req() request: FastifyRequest,
  ): Promise<Answer<SyncKubernetesAnswer>> {
    const { requests, view } = this.sources.kubernetes();
    const { kinds = [], namespaces = [], force = false } = input;
    this.refuseNotMirrored(namespaces);
    const requestId = await requests.relist({ kinds, namespaces, force }, callerOf(request));
    const message = view.current().paused === null ? EXAMPLE.message : WHILE_PAUSED;
    return new Answer(
      { success: true, message, data: { requestId, kinds, namespaces, force } },
      { status: 202, location: '/api/v1/sync/status?source=kubernetes' },
    );
  }

  /** Nobody would read them anew. @throws Problem `validation-failed` */
  private refuseNotMirrored(namespaces: readonly string[]): void {
    const { KUBERNETES_NAMESPACES: included, KUBERNETES_EXCLUDE_NAMESPACES: excluded } = this.settings;
    const setting = included.length > 0 ? 'KUBERNETES_NAMESPACES' : 'KUBERNETES_EXCLUDE_NAMESPACES';
    const errors: FieldError[] = namespaces.flatMap((name, index) =>
      isSelected({ included, excluded }, name)
        ? []
        : [{ pointer: `/namespaces/${index}`, detail: `is not mirrored: ${setting} leaves it out` }],
    );
    if (errors.length === 0) return;
    throw new Problem(PLATFORM_PROBLEMS['validation-failed'], { detail: 'Not all of it is mirrored.', errors });
  }
}
