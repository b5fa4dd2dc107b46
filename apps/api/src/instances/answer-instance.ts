import type { FleetRead, StoredInstance } from '@app/instance-store';
import type { CommandOutcome, RunCommand } from '@app/lifecycle';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE } from '../http/content-types.js';
import { showsSecrets } from '../security/access.js';
import { DataAge } from './data-age.js';
import { entityTag } from './entity-tag.js';
import { InstanceJson } from './instance-json.js';

/** How an instance is answered with. */
@Injectable()
export class InstanceAnswers {
  constructor(
    private readonly age: DataAge,
    private readonly json: InstanceJson,
  ) {}

  /** Sends it as ready-made text: nothing is serialised that was serialised before. */
  send(
    request: FastifyRequest,
    reply: FastifyReply,
    stored: StoredInstance | FleetRead,
    extra?: Readonly<Record<string, unknown>>,
  ): void {
    reply.header('content-type', JSON_TYPE);
    reply.header('etag', entityTag(stored));
    const asOf = this.age.asOf(stored.record);
    const behindSince = 'behindSince' in stored ? stored.behindSince : null;
    reply.header('x-data-as-of', behindSince !== null && behindSince < asOf ? behindSince : asOf);
    if (behindSince !== null) reply.header('x-data-source', 'memory');
    void reply.send(this.json.of(stored, showsSecrets(request), extra));
  }

  /** Sends it with what became of a command. */
  sendCommanded(request: FastifyRequest, reply: FastifyReply, stored: StoredInstance, message: string): void {
    this.send(request, reply, stored, { instanceId: stored.record.id, message });
  }

  /** 202 when the command was taken, 200 when things were so before. */
  sendOutcome(
    request: FastifyRequest,
    reply: FastifyReply,
    command: RunCommand,
    { outcome, stored }: CommandOutcome,
  ): void {
    reply.code(outcome === 'accepted' ? 202 : 200);
    this.sendCommanded(request, reply, stored, outcome === 'accepted' ? ACCEPTED[command] : ALREADY[command]);
  }
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
