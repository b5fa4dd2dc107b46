import type { RedisGroup } from '@app/testing/servers';
import type { Answer, InstanceView } from './api-client.js';
import { IdleFleet } from './idle-fleet.js';
import { SyncClient } from './sync-client.js';
import { until } from './until.js';

/** How long an instance may stand idle. */
const THRESHOLD = '3s';
const FOREIGN = 10;
const BUSY = { autoStop: { enabled: false } };

/**
 * Two processes, each of them API and worker, on a group of Redis servers whose primary can be killed, and what they have to go on with
 * afterwards: whatever was acknowledged is carried out, once.
 */
export class FailoverGround {
  private readonly names: string[] = [];

  private constructor(
    readonly group: RedisGroup,
    private readonly idle: IdleFleet,
  ) {}

  static async start(starting: Promise<RedisGroup>): Promise<FailoverGround> {
    const group = await starting;
    try {
      const idle = await IdleFleet.start({
        apis: 0,
        workers: 0,
        standalones: 2,
        env: { REDIS_URL: group.url, AUTO_STOP_INTERVAL: '1s', AUTO_STOP_THRESHOLD: THRESHOLD },
        sandbox: { instances: FOREIGN },
      });
      return new FailoverGround(group, idle);
    } catch (error) {
      await group.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.idle.stop();
    await this.group.stop();
  }

  /** One instance from its create to its end, each step seen at the other API. */
  async wholeLife(name: string): Promise<void> {
    const [made] = await this.idle.create(name, 1, BUSY);
    if (made === undefined) throw new Error('nothing was created');
    await this.idle.all([made], 'ready');
    await this.command(made, 'POST', '/stop');
    await this.idle.all([made], 'stopped');
    await this.command(made, 'DELETE');
    await this.idle.all([made], 'terminated');
  }

  /** A run by hand that goes through every instance at Novita. @returns how many those were */
  async syncs(): Promise<number> {
    return (await new SyncClient(this.idle.fleet.api).run()).novitaInstances;
  }

  /** Instances that stand idle are stopped, each by one stop. */
  async stopsIdle(name: string, count: number): Promise<readonly number[]> {
    const made = await this.idle.create(name, count);
    const stopped = await this.idle.all(made, 'stopped');
    return stopped.map((view) => this.idle.stopCalls(view).length);
  }

  /**
   * Kills the primary while instances are created by both APIs as fast as they answer, every one asked for until it is
   * acknowledged, and until a good many were acknowledged afterwards.
   */
  async killPrimaryUnderLoad(): Promise<{
    readonly made: readonly InstanceView[];
    readonly refused: readonly number[];
  }> {
    const made: InstanceView[] = [];
    const refused: number[] = [];
    const end = new AbortController();
    const work = async (worker: number): Promise<void> => {
      for (let turn = 0; !end.signal.aborted; turn++) {
        const name = `load-${worker}-${turn}`;
        this.names.push(name);
        made.push(await this.createUntilAccepted(name, worker, refused));
      }
    };
    const working = Promise.all([0, 1, 2, 3].map(work));
    await until('some are created', async () => made.length >= 8);
    const lost = await this.group.primary();
    await lost.kill();
    const before = made.length;
    const next = until('as many are created afterwards', async () => made.length >= before + 8);
    try {
      await Promise.race([next, working]);
    } finally {
      end.abort();
    }
    await working;
    if ((await this.group.primary()).port === lost.port) throw new Error('no other server took over');
    return { made, refused };
  }

  async areReady(instances: readonly InstanceView[]): Promise<void> {
    await this.idle.all(instances, 'ready');
  }

  /** How many instances live at Novita for each name that was asked for under load. */
  livesPerName(): readonly number[] {
    const living = this.idle.fleet.sandbox.world.instances().filter(({ status }) => status !== 'removed');
    return this.names.map((name) => living.filter((instance) => instance.name.startsWith(`${name}-nf`)).length);
  }

  private async createUntilAccepted(name: string, turn: number, refused: number[]): Promise<InstanceView> {
    const body = { name, productName: 'RTX 4090', image: 'nginx', ...BUSY };
    return until(
      `${name} is taken`,
      async () => {
        const { status, body: answer } = await this.ask('POST', '', turn, body, { 'idempotency-key': name });
        if (status === 201) return answer as InstanceView;
        if (status < 500 && status !== 409) throw new Error(`${status}: ${JSON.stringify(answer)}`);
        refused.push(status);
        return null;
      },
      { everyMs: 100 },
    );
  }

  private async command({ id }: InstanceView, method: string, path = ''): Promise<void> {
    const { status, body } = await this.ask(method, `/${id}${path}`, 1);
    if (status !== 202) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
  }

  private ask(
    method: string,
    path: string,
    turn: number,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    return this.idle.of(turn).api.request(method, `/api/v1/instances${path}`, body, headers);
  }
}
