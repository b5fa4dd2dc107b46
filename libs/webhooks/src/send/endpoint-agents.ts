import { Agent, type buildConnector, type Dispatcher } from 'undici';

/** Endpoints with an agent at the same time; further ones take the place of those that are idle. */
const MOST_AGENTS = 100;
/** A kept connection is closed before the usual idle limits of load balancers, which would lose a POST. */
const KEEP_ALIVE_MS = 4_000;
/** Shorter than any attempt: an agent that is given up lets its requests end. */
const AGENT_LIMITS = {
  allowH2: false,
  pipelining: 1,
  keepAliveTimeout: KEEP_ALIVE_MS,
  keepAliveMaxTimeout: KEEP_ALIVE_MS,
  // The signal of an attempt limits the whole exchange; undici's own timers come in steps of 500 ms.
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: 16_384,
} as const satisfies Agent.Options;

interface Entry {
  readonly agent: Agent;
  uses: number;
}

/**
 * An agent for each endpoint, so that no connection that was opened for one ever carries a request of another. Their
 * number is bounded; those without a request are closed first, and their connections close by themselves.
 */
export class EndpointAgents {
  /** The one that was used last comes last. */
  private readonly entries = new Map<string, Entry>();

  /** @param most kept at the same time, unless more are in use */
  constructor(
    private readonly connector: buildConnector.connector,
    private readonly most: number = MOST_AGENTS,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** Lends the endpoint's agent for as long as the work takes. */
  async using<Result>(endpoint: string, work: (dispatcher: Dispatcher) => Promise<Result>): Promise<Result> {
    const entry = this.entries.get(endpoint) ?? {
      agent: new Agent({ ...AGENT_LIMITS, connect: this.connector }),
      uses: 0,
    };
    entry.uses += 1;
    this.entries.delete(endpoint);
    this.entries.set(endpoint, entry);
    try {
      return await work(entry.agent);
    } finally {
      entry.uses -= 1;
      await this.closeIdle(this.most);
    }
  }

  /** Ends all connections, those with requests included. */
  async close(): Promise<void> {
    const agents = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(agents.map(({ agent }) => agent.destroy()));
  }

  private async closeIdle(most: number): Promise<void> {
    for (const [endpoint, { agent, uses }] of this.entries) {
      if (this.entries.size <= most) return;
      if (uses > 0) continue;
      this.entries.delete(endpoint);
      await agent.destroy();
    }
  }
}
