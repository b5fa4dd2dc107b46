/** An answer of the API that is an error: go-kratos style body, the HTTP status repeated as `code`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }

  /** The answer's body. */
  toJson(): string {
    return JSON.stringify({ code: this.status, reason: this.reason, message: this.message, metadata: {} });
  }
}

export function invalidParameter(message: string): Refusal {
  return new Refusal(400, 'VALIDATOR_PARAM', message);
}

/** Missing things are HTTP 400 on this surface; 404 is for unknown routes only. */
export function notFound(what: string, reason = 'RESOURCE_NOT_FOUND'): Refusal {
  return new Refusal(400, reason, `${what} not found`);
}

/** The message is observed, the reason beside it is not known. */
export function invalidStateChange(): Refusal {
  return new Refusal(400, 'DEPENDENT_RESOURCE_STATE', 'invalid state change');
}

export function unauthorized(): Refusal {
  return new Refusal(401, 'UNAUTHORIZED', 'unauthorized');
}

export function insufficientResource(): Refusal {
  return new Refusal(400, 'INSUFFICIENT_RESOURCE', 'insufficient resource');
}

export function balanceNotEnough(): Refusal {
  return new Refusal(400, 'BALANCE_NOT_ENOUGH', 'balance not enough');
}
