import type { BillingMode } from '../catalogue/gpu-products.js';
import type { EnvSpec, PortSpec, ToolSpec } from '../catalogue/templates.js';
import type { Course, StatusError } from './courses.js';
import type { SandboxStatus } from './status.js';

export type SpotStatus = '' | 'running' | 'notified' | 'reclaiming' | 'terminated';

export interface VolumeSpec {
  readonly type: 'network' | 'local';
  readonly id: string;
  readonly mountPath: string;
  readonly sizeGb: number;
}

/**
 * What an instance was ordered with. Never changed in place: an edit puts a new one in its stead, so that thousands of
 * seeded instances can share one.
 */
export interface InstanceSpec {
  readonly kind: 'gpu' | 'cpu';
  readonly productId: string;
  readonly productName: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly gpuNum: number;
  readonly cpuNum: number;
  readonly memoryGb: number;
  readonly rootfsSize: number;
  readonly maxRootfsSize: number;
  readonly imageUrl: string;
  readonly imageAuthId: string;
  readonly command: string;
  readonly entrypoint: string;
  readonly ports: readonly PortSpec[];
  readonly envs: readonly EnvSpec[];
  readonly tools: readonly ToolSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly networkId: string;
  readonly billingMode: BillingMode;
}

/** The true state of one instance. Times are epoch milliseconds, 0 when it never happened. */
export interface InstanceState {
  readonly id: string;
  /** Grows with every instance made; lists show the greatest first. */
  readonly order: number;
  readonly name: string;
  readonly spec: InstanceSpec;
  readonly status: SandboxStatus;
  readonly statusError: StatusError | null;
  readonly createdAt: number;
  readonly lastStartedAt: number;
  readonly lastStoppedAt: number;
  /** End of a subscription; 0 for pay-as-you-go. */
  readonly endsAt: number;
  readonly spotStatus: SpotStatus;
  readonly spotReclaimAt: number;
  readonly autoRenew: boolean;
  readonly autoMigrate: boolean;
}

/** A copy of that state at one moment, for tests and the control API. */
export interface InstanceSnapshot extends InstanceState {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly productId: string;
  readonly gpuNum: number;
  readonly billingMode: BillingMode;
  /** Whether its ports answer now. */
  readonly portsOpen: boolean;
}

/** One instance in the world. One class with all fields set, so that 100,000 of them share one small shape. */
export class InstanceRecord implements InstanceState {
  status: SandboxStatus = 'toCreate';
  statusError: StatusError | null = null;
  lastStartedAt = 0;
  lastStoppedAt = 0;
  endsAt = 0;
  spotStatus: SpotStatus = '';
  spotReclaimAt = 0;
  autoRenew = false;
  autoMigrate = false;
  /** Sandbox time from which the ports of a running instance answer. */
  portsOpenAt = 0;
  /** GPUs reserved in the stock, to be given back. */
  stockHeld = 0;
  /** The way it is on; null when it rests. */
  course: Course | null = null;

  constructor(
    readonly id: string,
    readonly order: number,
    readonly name: string,
    public spec: InstanceSpec,
    readonly createdAt: number,
  ) {}

  /** Its state now, apart from the record and unaffected by later changes. */
  freeze(): InstanceState {
    return {
      id: this.id,
      order: this.order,
      name: this.name,
      spec: this.spec,
      status: this.status,
      statusError: this.statusError,
      createdAt: this.createdAt,
      lastStartedAt: this.lastStartedAt,
      lastStoppedAt: this.lastStoppedAt,
      endsAt: this.endsAt,
      spotStatus: this.spotStatus,
      spotReclaimAt: this.spotReclaimAt,
      autoRenew: this.autoRenew,
      autoMigrate: this.autoMigrate,
    };
  }
}
