import { type FleetRead, type IdleRules, IdleSettings, idleRulesOf, type StoredInstance } from '@app/instance-store';
import { type CommandOutcome, type RunCommand, StartupEstimates } from '@app/lifecycle';
import { renderStored } from '@app/views';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { showsSecrets } from '../core/auth/access.js';
import { Answer, type AnswerHead } from '../core/http/answer.js';
import { entityTag, renderStartup, startupTag } from './instance-text.js';
import type { CommandAnswer, InstanceMembers } from './instance-view.dto.js';
import { DataAge, isBehind } from './read-instance.js';

type Request = Pick<FastifyRequest, 'caller'>;

/** An instance as the answer to a command: with its entity tag, its age, and what became of the command. */
@Injectable()
export class InstanceAnswers {
  private readonly rules: IdleRules;

  constructor(
    private readonly age: DataAge,
    private readonly estimates: StartupEstimates,
    settings: IdleSettings,
  ) {
    this.rules = idleRulesOf(settings);
  }

  /** @param extra further members, such as what was chosen for a create */
  of<Extra extends object>(
    request: Request,
    stored: StoredInstance | FleetRead,
    extra: Extra,
    head: AnswerHead = {},
  ): Answer<InstanceMembers & Extra> {
    const shown = renderStored(stored, this.rules, showsSecrets(request));
    const dto = { ...shown, ...renderStartup(stored.record, this.estimates), ...extra };
    return new Answer(dto, {
      etag: entityTag(stored, startupTag(stored.record, this.estimates)),
      asOf: this.age.asOfRead(stored),
      fromMemory: isBehind(stored),
      ...head,
    });
  }

  /** @param status default: the lowest that the route documents */
  commanded(
    request: Request,
    stored: StoredInstance | FleetRead,
    message: string,
    status?: number,
  ): Answer<CommandAnswer> {
    const head = status === undefined ? {} : { status };
    return this.of(request, stored, { instanceId: stored.record.id, message }, head);
  }

  /** 202 when the command was accepted, 200 when things were so before. */
  outcome(request: Request, command: RunCommand, { outcome, stored }: CommandOutcome): Answer<CommandAnswer> {
    const isAccepted = outcome === 'accepted';
    return this.commanded(request, stored, isAccepted ? ACCEPTED[command] : ALREADY[command], isAccepted ? 202 : 200);
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
