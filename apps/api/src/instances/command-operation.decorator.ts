import { lifecycleProblems, type RunCommand } from '@app/lifecycle';
import type { ProblemType } from '@app/platform';
import { spendProblems } from '@app/spend';
import { applyDecorators } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { Operation } from '../core/openapi/operation.decorator.js';
import { ByNameInput } from './instance-commands.dto.js';
import { CommandAnswer } from './instance-view.dto.js';
import { COMMAND_EXAMPLE } from './instances.examples.js';
import { InstanceIdParam } from './read-instance.js';

const ANSWERS = {
  200: { description: 'It is so already, or on its way there.', type: CommandAnswer, example: COMMAND_EXAMPLE },
  202: {
    description: 'Accepted; `status` and `confirmedAt` show when it is done.',
    type: CommandAnswer,
    example: COMMAND_EXAMPLE,
  },
} as const;

/** The problems of each command, beside those of all. */
const REJECTIONS: Readonly<Record<RunCommand, readonly ProblemType[]>> = {
  start: [
    lifecycleProblems['instance-terminated'],
    lifecycleProblems['lifetime-over'],
    spendProblems['spend-limit-reached'],
  ],
  stop: [lifecycleProblems['instance-terminated']],
  restart: [
    lifecycleProblems['instance-terminated'],
    lifecycleProblems['instance-not-running'],
    lifecycleProblems['lifetime-over'],
  ],
  delete: [],
};

const COMMON_REJECTIONS = [
  lifecycleProblems['instance-not-found'],
  lifecycleProblems['instance-busy'],
  lifecycleProblems['not-adopted'],
];

export function CommandById(command: RunCommand, summary: string): MethodDecorator {
  return applyDecorators(
    InstanceIdParam(),
    Operation({
      id: `${command}Instance`,
      summary,
      access: 'operator',
      limitedKeys: true,
      acceptedWhileAway: command === 'stop' || command === 'delete',
      idempotent: true,
      // A second restart restarts it again.
      repeatable: command === 'restart' ? 'never' : 'always',
      takesQuery: command === 'start',
      answers: ANSWERS,
      problems: [...COMMON_REJECTIONS, ...REJECTIONS[command]],
    }),
  );
}

export function CommandByName(command: RunCommand, summary: string): MethodDecorator {
  return applyDecorators(
    ApiBody({ type: ByNameInput, examples: { byName: { value: { instanceName: 'llama-inference' } } } }),
    Operation({
      id: `${command}InstanceByName`,
      summary,
      description: 'Rejected with the candidates when several instances have the name.',
      access: 'operator',
      limitedKeys: true,
      acceptedWhileAway: command === 'stop' || command === 'delete',
      idempotent: true,
      repeatable: 'always',
      answers: ANSWERS,
      takesBody: true,
      problems: [...COMMON_REJECTIONS, ...REJECTIONS[command], lifecycleProblems['name-not-unique']],
    }),
  );
}
