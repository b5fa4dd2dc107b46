import type { PortSpec } from '../catalogue/templates.js';
import type { InstanceSpec, InstanceState } from '../world/instance-record.js';
import type { Job } from '../world/jobs.js';

/** Where the ports of running instances are reached. */
export interface IngressAddress {
  /** Without a slash at the end. */
  readonly httpBase: string;
  /** `host:port`. */
  readonly tcp: string;
}

/** Days that data is kept after a stop, by the provider's guide. */
const KEEP_DATA_DAYS = 7;

/**
 * Writes instances as JSON. Pages are put together from strings, because benchmarks read pages of 100 all the time:
 * what comes from the order is written once and shared by all instances that were ordered alike.
 */
export class InstanceJson {
  private readonly fragments = new WeakMap<InstanceSpec, string>();

  constructor(private readonly address: IngressAddress) {}

  listItem(state: InstanceState): string {
    return `{${this.common(state)}}`;
  }

  /** The bare object of a single read. @param jobs those under way on it */
  detail(state: InstanceState, jobs: readonly Job[]): string {
    const running = state.status === 'running';
    const { spec } = state;
    const jupyter = spec.tools.find((tool) => tool.name === 'Jupyter');
    const more = {
      network: { id: spec.networkId, ip: spec.networkId === '' ? '' : '10.0.0.4' },
      node: { maxRootfsSize: spec.maxRootfsSize },
      jobs: jobs.map(({ id, type }) => ({ id, type })),
      connectComponentSSH: {
        sshCommand: running ? this.sshCommand(state) : '',
        password: running ? sshPassword(state) : '',
        isRunning: running,
      },
      connectComponentWebTerminal: {
        address: running ? this.httpEndpoint(state, 'web-terminal') : '',
        username: running ? 'novita' : '',
        password: running ? sshPassword(state) : '',
        isRunning: running,
      },
      connectComponentJupyter: {
        port: jupyter?.port ?? 0,
        address: running && jupyter !== undefined ? this.httpEndpoint(state, jupyter.port) : '',
        isRunning: running && jupyter !== undefined,
      },
      connectComponentLog: {
        systemLogAddress: running ? this.httpEndpoint(state, 'system-log') : '',
        instanceLogAddress: running ? this.httpEndpoint(state, 'instance-log') : '',
        isRunning: running,
      },
      freeStorageSize: 60,
      keepDataDay: KEEP_DATA_DAYS,
    };
    return `{${this.common(state)},${JSON.stringify(more).slice(1)}`;
  }

  private common(state: InstanceState): string {
    const { statusError, status } = state;
    const error = statusError === null ? '{"state":"","message":""}' : JSON.stringify(statusError);
    const running = status === 'running';
    return (
      `"id":"${state.id}","name":${JSON.stringify(state.name)},"status":"${status}","statusError":${error},` +
      `${this.fragment(state.spec)},"portMappings":${this.portMappings(state)},` +
      `"endTime":"${state.endsAt === 0 ? -1 : seconds(state.endsAt)}",` +
      `"spotStatus":"${state.spotStatus}","spotReclaimTime":"${seconds(state.spotReclaimAt)}",` +
      `"createdAt":"${seconds(state.createdAt)}","lastStartedAt":"${seconds(state.lastStartedAt)}",` +
      `"lastStoppedAt":"${seconds(state.lastStoppedAt)}",` +
      `"sshCommand":"${running ? this.sshCommand(state) : ''}","sshPassword":"${running ? sshPassword(state) : ''}"`
    );
  }

  /** Numbers come as strings where the provider sends them so. */
  private fragment(spec: InstanceSpec): string {
    const known = this.fragments.get(spec);
    if (known !== undefined) return known;
    const { kind, productId, productName, clusterId, clusterName, imageUrl, imageAuthId, command, entrypoint } = spec;
    const text = JSON.stringify({
      clusterId,
      clusterName,
      productId,
      productName,
      imageUrl,
      imageAuthId,
      command,
      entrypoint,
      cpuNum: String(spec.cpuNum),
      memory: String(spec.memoryGb),
      gpuNum: String(spec.gpuNum),
      rootfsSize: spec.rootfsSize,
      volumeMounts: spec.volumes.map(({ type, sizeGb, id, mountPath }) => ({
        type,
        size: String(sizeGb),
        id,
        mountPath,
      })),
      envs: spec.envs,
      kind,
      billingMode: spec.billingMode,
      gpuIds: Array.from({ length: spec.gpuNum }, (_, index) => index),
    }).slice(1, -1);
    this.fragments.set(spec, text);
    return text;
  }

  private portMappings(state: InstanceState): string {
    const mappings = state.spec.ports.map((spec) => {
      const endpoint = state.status === 'running' ? this.endpoint(state, spec) : '';
      return `{"port":${spec.port},"endpoint":"${endpoint}","type":"${spec.type}"}`;
    });
    return `[${mappings.join(',')}]`;
  }

  private endpoint(state: InstanceState, spec: PortSpec): string {
    return spec.type === 'http' ? this.httpEndpoint(state, spec.port) : this.address.tcp;
  }

  /**
   * The provider gives every port a host name of its own. Names below `localhost` do not resolve everywhere, so the
   * sandbox distinguishes ports by path.
   */
  private httpEndpoint(state: InstanceState, port: number | string): string {
    return `${this.address.httpBase}/${state.id}/${port}/`;
  }

  private sshCommand(state: InstanceState): string {
    return `ssh -p ${32_000 + (state.order % 1_000)} root@proxy.${state.spec.clusterId}.sandbox.invalid`;
  }
}

function sshPassword(state: InstanceState): string {
  return `pw-${state.id.slice(0, 12)}`;
}

function seconds(epochMs: number): number {
  return Math.floor(epochMs / 1_000);
}
