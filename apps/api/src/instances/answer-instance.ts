import type { StoredInstance } from '@app/instance-store';
import type { CommandOutcome, RunCommand } from '@app/lifecycle';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE } from '../http/content-types.js';
import { seesSecrets } from '../security/access.js';
import { dataAsOf } from './data-as-of.js';
import { entityTag } from './entity-tag.js';
import { instanceJson } from './instance-json.js';

/** Sends an instance as ready-made text: nothing is serialised that was serialised before. */
export function answerInstance(
  request: FastifyRequest,
  reply: FastifyReply,
  stored: StoredInstance,
  extra?: Readonly<Record<string, string>>,
): void {
  reply.header('content-type', JSON_TYPE);
  reply.header('etag', entityTag(stored));
  reply.header('x-data-as-of', dataAsOf(stored.record));
  void reply.send(instanceJson(stored, showsSecrets(request), extra));
}

/** 202 when the command was taken, 200 when things were so before. */
export function answerCommand(
  request: FastifyRequest,
  reply: FastifyReply,
  command: RunCommand,
  { outcome, stored }: CommandOutcome,
): void {
  reply.code(outcome === 'accepted' ? 202 : 200);
  answerInstance(request, reply, stored, {
    instanceId: stored.record.id,
    message: outcome === 'accepted' ? ACCEPTED[command] : ALREADY[command],
  });
}

export function showsSecrets(request: FastifyRequest): boolean {
  return request.caller !== null && seesSecrets(request.caller.role);
}

const ACCEPTED: Readonly<Record<RunCommand, string>> = {
  start: 'Start accepted; it is done when status says ready.',
  stop: 'Stop accepted; it is done when status says stopped.',
  restart: 'Restart accepted; it is done when status says ready again.',
  delete: 'Delete accepted; it is done when status says terminated.',
};

const ALREADY: Readonly<Record<RunCommand, string>> = {
  start: 'Nothing to do: it is started or starting already.',
  stop: 'Nothing to do: it is stopped or stopping already.',
  restart: 'Nothing to do: a restart is under way already.',
  delete: 'Nothing to do: it is deleted or being deleted already.',
};
