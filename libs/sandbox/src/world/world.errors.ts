import type { SandboxStatus } from './status.js';

/** The command is not accepted in the instance's present state. */
export class WrongStateError extends Error {
  override readonly name = 'WrongStateError';
  constructor(readonly status: SandboxStatus) {
    super('invalid state change');
  }
}

export class UnknownInstanceError extends Error {
  override readonly name = 'UnknownInstanceError';
  constructor(readonly instanceId: string) {
    super(`no instance ${instanceId}`);
  }
}
