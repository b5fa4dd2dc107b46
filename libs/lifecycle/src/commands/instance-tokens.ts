import { randomBytes } from 'node:crypto';
import {
  type InstanceRecord,
  InstanceRecords,
  instanceToken,
  refuseWhatOthersMade,
  type StoredInstance,
  updateInstance,
  type WriteOptions,
  withOnlyToken,
} from '@app/instance-store';
import { Clock, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { storedOf } from './command-rules.js';
import type { Caller, InstanceRef } from './instance-commands.js';

export interface IssuedToken {
  /** Nobody can read it a second time. */
  readonly token: string;
  readonly stored: StoredInstance;
}

/** Makes and revokes the token with which an instance reports its own use. */
@Injectable()
export class InstanceTokens {
  constructor(
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
  ) {}

  /**
   * A new token, in the place of all that the instance had.
   * @throws Problem `instance-not-found`, `not-adopted`, `instance-terminated`, `key-limit-reached`
   */
  async issue(ref: InstanceRef, caller: Caller): Promise<IssuedToken> {
    const secret = randomBytes(32).toString('hex');
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        rejectUnlessOurs(record);
        refuseWhatOthersMade(record, caller, 'make a token for');
        return withOnlyToken(record, instanceToken(record.id, secret), this.clock.timestamp());
      },
      () => this.entry(caller, 'a token of the instance was made; earlier ones are not accepted any more'),
    );
    const stored = storedOf(result, ref);
    return { token: instanceToken(stored.record.id, secret), stored };
  }

  /**
   * From now on the instance has no token, and none is given to a machine that is bought for it later.
   * @throws Problem `instance-not-found`, `key-limit-reached`
   */
  async revoke(ref: InstanceRef, caller: Caller): Promise<StoredInstance> {
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        refuseWhatOthersMade(record, caller, 'revoke the token of');
        return record.reportToken === null ? record : { ...record, reportToken: null };
      },
      () => this.entry(caller, 'the tokens of the instance were revoked'),
    );
    return storedOf(result, ref);
  }

  private entry({ keyName }: Caller, reason: string): Pick<WriteOptions, 'entry'> {
    return { entry: { at: this.clock.timestamp(), kind: 'settings', by: `user:${keyName}`, reason } };
  }
}

function rejectUnlessOurs({ id, origin, status, desired }: InstanceRecord): void {
  const hasEnded = status === 'terminated' || desired.state === 'deleted';
  if (origin !== 'discovered' && !hasEnded) return;
  throw new Problem(lifecycleProblems[origin === 'discovered' ? 'not-adopted' : 'instance-terminated'], {
    detail: `instance ${id} can have no token`,
    extensions: { instanceStatus: status, instanceId: id },
  });
}
