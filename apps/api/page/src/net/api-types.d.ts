/** Generated from openapi.json by scripts/generate-page-api.mjs; not to be edited. */

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    readonly ActivityErrorView: {
      readonly code: string;
      readonly message: string;
    };
    readonly ActivityEvent:
      | components['schemas']['InstanceActivity']
      | components['schemas']['SyncRunEvent']
      | components['schemas']['SpendWarningEvent']
      | components['schemas']['SpendBillDiffersEvent']
      | components['schemas']['WebhookDisabledEvent'];
    readonly ActivityInstanceView: {
      readonly name: string;
      readonly status: components['schemas']['InstanceStatus'];
      /** @enum {string} */
      readonly desired: 'running' | 'stopped' | 'deleted';
      readonly desiredBy: string;
      readonly region?: string;
      readonly product: components['schemas']['ProductView'];
      readonly gpuNum: number;
      readonly pricePerHour?: number;
      readonly lastError?: components['schemas']['ActivityErrorView'];
    };
    readonly ActivitySignalView: {
      /** @enum {string} */
      readonly kind: 'ready' | 'use' | 'lease' | 'gpu';
      /** Format: date-time */
      readonly at: string;
      readonly by: string;
      readonly detail?: string;
    };
    readonly ActivityView: {
      readonly events: readonly components['schemas']['ActivityEvent'][];
      readonly nextCursor: string | null;
      readonly lastEventId: string;
    };
    readonly AuditEntryView: {
      /** Format: date-time */
      readonly at: string;
      /** @enum {string} */
      readonly kind: 'status' | 'wish' | 'settings' | 'lease' | 'warning' | 'decision' | 'hold' | 'repair';
      readonly by: string;
      readonly from?: string;
      readonly to?: string;
      readonly reason: string;
    };
    readonly AuditLogView: {
      readonly instanceId: string;
      readonly entries: readonly components['schemas']['AuditEntryView'][];
    };
    readonly AutoStopInForceView: {
      readonly enabled: boolean;
      /** @enum {string} */
      readonly enabledFrom: 'instance' | 'template' | 'fleet';
      readonly thresholdMinutes: number;
      /** @enum {string} */
      readonly thresholdFrom: 'instance' | 'template' | 'fleet';
      readonly warningMinutes: number;
      readonly lease?: components['schemas']['AutoStopLeaseView'];
    };
    readonly AutoStopLeaseView: {
      /** Format: date-time */
      readonly until: string;
      readonly by: string;
      readonly reason: string;
    };
    readonly AutoStopView: {
      readonly enabled?: boolean;
      readonly thresholdMinutes?: number;
      readonly holdMinutes?: number;
      readonly lease?: components['schemas']['AutoStopLeaseView'];
    };
    readonly BillDayView: {
      /** Format: date */
      readonly day: string;
      /** Format: date-time */
      readonly checkedAt: string;
      readonly meteredUsd: number;
      readonly billedUsd: number | null;
      readonly differenceUsd: number | null;
      readonly differencePercent: number | null;
      readonly differs: boolean | null;
      /** @enum {string} */
      readonly unknown?: 'not-billed-yet' | 'incomplete' | 'unreadable' | 'not-counted' | 'no-record';
      readonly detail?: string;
      readonly monthly: components['schemas']['MonthlyBillView'];
      readonly instances: readonly components['schemas']['BilledInstanceView'][];
      readonly others?: components['schemas']['OtherBillsView'];
    };
    readonly BillRunView: {
      /** Format: date-time */
      readonly at: string;
      /** @enum {string} */
      readonly trigger: 'schedule' | 'manual';
      readonly error?: string;
    };
    readonly BillView: {
      readonly enabled: boolean;
      readonly tolerancePercent: number;
      readonly lastRun?: components['schemas']['BillRunView'];
      readonly days: readonly components['schemas']['BillDayView'][];
    };
    readonly BilledInstanceView: {
      readonly instanceId?: string;
      readonly novitaInstanceId?: string;
      readonly name?: string;
      readonly meteredUsd: number;
      readonly billedUsd: number;
    };
    readonly BoughtInsteadView: {
      readonly product: string;
      readonly region?: string;
      readonly pricePerHour?: number;
      readonly agreedPricePerHour?: number;
      readonly isConfirmed: boolean;
    };
    readonly BulkPreviewItemView: {
      readonly instanceId: string;
      readonly name: string;
      readonly status: components['schemas']['InstanceStatus'];
      readonly pricePerHour?: number;
    };
    readonly BulkPreviewView: {
      readonly matching: number;
      readonly acting: number;
      readonly endsUsdPerHour: number;
      readonly beginsUsdPerHour: number;
      readonly unpriced: number;
      readonly skipped: readonly components['schemas']['BulkSkipView'][];
      readonly items: readonly components['schemas']['BulkPreviewItemView'][];
      readonly ids: readonly string[];
      readonly digest: string;
    };
    readonly BulkSkipView: {
      readonly code: string;
      readonly reason: string;
      readonly instances: number;
    };
    readonly ConnectionDetailsView: {
      readonly ssh?: components['schemas']['SshView'];
      readonly jupyter?: string;
      readonly webTerminal?: components['schemas']['WebTerminalView'];
    };
    readonly CostSumView: {
      readonly usdPerHour: number;
      readonly instances: number;
    };
    readonly CostView: {
      readonly usd: number;
      /** Format: date-time */
      readonly asOf: string;
      readonly usdPerHour: number;
      /** Format: date-time */
      readonly countedFrom: string;
    };
    readonly DashboardAttentionView: {
      readonly total: number | null;
      readonly unconfirmed: number | null;
      readonly oldestUnconfirmedSeconds?: number;
      readonly overdue: number | null;
      readonly failed: number | null;
      readonly missing: number | null;
      readonly orphans: number | null;
    };
    readonly DashboardAutoStopView: {
      readonly enabled: boolean;
      readonly suspended?: string;
      readonly next?: components['schemas']['NextStopView'];
    };
    readonly DashboardCountsView: {
      readonly total: number | null;
      readonly running: number | null;
      readonly discovered: number | null;
      readonly unreadable?: number;
      readonly byStatus: {
        readonly creating?: number | null;
        readonly created?: number | null;
        readonly starting?: number | null;
        readonly running?: number | null;
        readonly health_checking?: number | null;
        readonly ready?: number | null;
        readonly stopping?: number | null;
        readonly stopped?: number | null;
        readonly restarting?: number | null;
        readonly migrating?: number | null;
        readonly deleting?: number | null;
        readonly terminated?: number | null;
        readonly failed?: number | null;
      };
    };
    readonly DashboardMoneyView: {
      readonly costUsdPerHour: number | null;
      readonly runningUsdPerHour: number | null;
      readonly billedThoughStoppedUsdPerHour: number | null;
      readonly billedThoughStoppedInstances: number | null;
      readonly todayUsd: number | null;
      readonly savedTodayUsd: number | null;
      readonly idle: components['schemas']['IdleCostView'] | null;
      readonly unpriced: number | null;
      readonly dailyLimitUsd?: number;
      readonly limitReached?: boolean;
    };
    readonly DashboardView: {
      /** Format: date-time */
      readonly asOf: string;
      readonly unknown?: components['schemas']['UnknownView'];
      /** Format: date-time */
      readonly storedAsOf?: string;
      readonly sandbox: boolean | null;
      readonly counts: components['schemas']['DashboardCountsView'];
      readonly money: components['schemas']['DashboardMoneyView'];
      readonly autoStop: components['schemas']['DashboardAutoStopView'];
      readonly attention: components['schemas']['DashboardAttentionView'];
      readonly history: readonly components['schemas']['FleetSampleView'][];
    };
    readonly DegradedEvent: {
      /** @enum {string} */
      readonly type: 'degraded';
      /** Format: date-time */
      readonly since: string;
    };
    readonly EndingView: {
      readonly usdPerHour: number;
      readonly instances: number;
      readonly unpriced: number;
    };
    readonly EndpointFilterView: {
      readonly name?: string;
      readonly region?: string;
      readonly owner?: string;
    };
    readonly EndpointSecretView: {
      readonly signature: components['schemas']['WebhookSignature'];
      readonly publicKey?: string;
      /** Format: date-time */
      readonly createdAt?: string;
      /** Format: date-time */
      readonly expiresAt?: string;
    };
    readonly EnvVarView: {
      readonly key: string;
      readonly value?: string;
    };
    readonly FigureSumView: {
      readonly usdPerHour: number;
      readonly instances: number;
    };
    readonly FleetSampleView: {
      /** Format: date-time */
      readonly at: string;
      readonly running: number;
      readonly costUsdPerHour: number;
    };
    readonly GpuOffersView: {
      readonly name: string;
      readonly offers: readonly components['schemas']['OfferView'][];
    };
    readonly GpuPriceView: {
      readonly onDemand?: number;
      readonly spot?: number;
      readonly monthly: readonly components['schemas']['MonthlyPriceView'][];
    };
    readonly GpuProductView: {
      readonly startupEstimateSeconds?: number;
      readonly startupEstimateP95Seconds?: number;
      readonly startupEstimateBasedOn?: number;
      readonly id: string;
      readonly name: string;
      readonly inStock: boolean;
      readonly inventory?: string;
      readonly regions: readonly string[];
      readonly billingModes: readonly ('onDemand' | 'monthly' | 'spot')[];
      readonly pricePerHour: components['schemas']['GpuPriceView'];
      readonly cpuPerGpu: number;
      readonly memoryPerGpu: number;
      readonly diskPerGpu: number;
      readonly minRootfs?: number;
      readonly maxRootfs?: number;
    };
    readonly HeldView: {
      /** Format: date-time */
      readonly since: string;
      readonly reason: string;
      readonly wouldRemove: number;
    };
    readonly HoldingEndpoint: {
      readonly endpointId: string;
      /** Format: date-time */
      readonly releasedAt?: string;
    };
    readonly IdleByReasonView: {
      readonly due: components['schemas']['FigureSumView'];
      readonly notYetDue: components['schemas']['FigureSumView'];
      readonly autoStopOff: components['schemas']['FigureSumView'];
      readonly monthly: components['schemas']['FigureSumView'];
      readonly useNotKnown: components['schemas']['FigureSumView'];
    };
    readonly IdleCostView: {
      readonly usdPerHour: number;
      readonly instances: number;
      /** Format: date-time */
      readonly asOf: string;
      readonly unpriced: number;
      readonly byReason: components['schemas']['IdleByReasonView'];
    };
    readonly IdleEvaluation: {
      readonly instanceId: string;
      readonly status: components['schemas']['InstanceStatus'];
      /** @enum {string} */
      readonly verdict: 'keep' | 'warn' | 'stop';
      /** @enum {string} */
      readonly rule:
        | 'exempt'
        | 'leased'
        | 'used-lately'
        | 'warning-due'
        | 'held'
        | 'idle-too-long'
        | 'picture-too-old'
        | 'utilisation-unknown'
        | 'suspended';
      /** @enum {string} */
      readonly exemption?:
        | 'switched-off-for-all'
        | 'switched-off-for-this-one'
        | 'switched-off-for-its-template'
        | 'made-elsewhere'
        | 'billed-monthly'
        | 'not-ready'
        | 'not-wished-to-run';
      readonly reason: string;
      /** Format: date-time */
      readonly idleSince?: string;
      /** Format: date-time */
      readonly stopAt?: string;
      /** Format: date-time */
      readonly nextEvaluation?: string;
      readonly signs: readonly components['schemas']['ActivitySignalView'][];
      readonly stopHold?: components['schemas']['StopHold'];
      readonly lifetime?: components['schemas']['Lifetime'];
      readonly whatWouldChangeIt: readonly string[];
      /** Format: date-time */
      readonly evaluatedAt: string;
      readonly thresholdMinutes: number;
      readonly autoStop: components['schemas']['AutoStopInForceView'];
    };
    readonly Instance: {
      readonly startupEstimateSeconds?: number;
      readonly startupEstimateP95Seconds?: number;
      readonly startupEstimateBasedOn?: number;
      readonly id: string;
      readonly name: string;
      readonly status: components['schemas']['InstanceStatus'];
      readonly novitaInstanceId?: string;
      readonly novitaStatus?: string;
      /** @enum {string} */
      readonly origin: 'managed' | 'adopted' | 'discovered';
      readonly createdBy?: string;
      readonly owner: string;
      readonly marker: string;
      /** @enum {string} */
      readonly desired: 'running' | 'stopped' | 'deleted';
      readonly desiredBy: string;
      /** Format: date-time */
      readonly desiredAt: string;
      readonly gpuNum: number;
      readonly rootfsSize: number;
      readonly region?: string;
      readonly product: components['schemas']['ProductView'];
      /** @enum {string} */
      readonly billingMode: 'onDemand' | 'monthly' | 'spot';
      readonly pricePerHour?: number;
      /** @enum {string} */
      readonly billedNow?: 'running' | 'though-stopped';
      readonly cost?: components['schemas']['CostView'];
      readonly templateId?: string;
      readonly image: string;
      readonly envs: readonly components['schemas']['EnvVarView'][];
      readonly portMappings: readonly components['schemas']['PortMappingView'][];
      readonly connectionDetails: components['schemas']['ConnectionDetailsView'];
      readonly probes?: readonly components['schemas']['PortProbeView'][];
      /** Format: date-time */
      readonly createdAt: string;
      /** Format: date-time */
      readonly startedAt?: string;
      /** Format: date-time */
      readonly readyAt?: string;
      /** Format: date-time */
      readonly stoppedAt?: string;
      /** Format: date-time */
      readonly terminatedAt?: string;
      /** Format: date-time */
      readonly migratedAt?: string;
      readonly spot?: components['schemas']['SpotView'];
      readonly migration?: components['schemas']['MigrationView'];
      readonly stopHold?: components['schemas']['StopHold'];
      /** Format: date-time */
      readonly observedAt?: string;
      /** Format: date-time */
      readonly missingSince?: string;
      /** Format: date-time */
      readonly ignoredAt?: string;
      /** Format: date-time */
      readonly confirmedAt: string | null;
      readonly autoStop: components['schemas']['AutoStopView'];
      readonly lifetime?: components['schemas']['Lifetime'];
      /** Format: date-time */
      readonly tokenIssuedAt?: string;
      readonly webhookUrl?: string;
      readonly lastError?: components['schemas']['LastErrorView'];
      readonly revision: number;
      /** Format: date-time */
      readonly lastUsedAt?: string;
      /** Format: date-time */
      readonly idleSince?: string;
      /** @enum {string} */
      readonly autoStopExemption?:
        | 'switched-off-for-all'
        | 'switched-off-for-this-one'
        | 'switched-off-for-its-template'
        | 'made-elsewhere'
        | 'billed-monthly';
      /** Format: date-time */
      readonly autoStopAt?: string;
    };
    readonly InstanceActivity: {
      readonly id: string;
      /** @enum {string} */
      readonly type:
        | 'instance.created'
        | 'instance.orphan_detected'
        | 'instance.starting'
        | 'instance.running'
        | 'instance.health_checking'
        | 'instance.ready'
        | 'instance.stopping'
        | 'instance.stopped'
        | 'instance.auto_stopped'
        | 'instance.stopped_by_spend_limit'
        | 'instance.restarting'
        | 'instance.migrating'
        | 'instance.migrated'
        | 'instance.deleting'
        | 'instance.terminated'
        | 'instance.failed'
        | 'instance.auto_stop_warning'
        | 'instance.stop_pending'
        | 'instance.stop_hold_ended'
        | 'instance.unconfirmed'
        | 'instance.updated'
        | 'instance.removed';
      /** Format: date-time */
      readonly at: string;
      readonly instanceId: string;
      readonly revision: number;
      readonly instance?: components['schemas']['ActivityInstanceView'];
    };
    readonly InstanceEvent: {
      readonly id: string;
      /** @enum {string} */
      readonly type:
        | 'instance.created'
        | 'instance.orphan_detected'
        | 'instance.starting'
        | 'instance.running'
        | 'instance.health_checking'
        | 'instance.ready'
        | 'instance.stopping'
        | 'instance.stopped'
        | 'instance.auto_stopped'
        | 'instance.stopped_by_spend_limit'
        | 'instance.restarting'
        | 'instance.migrating'
        | 'instance.migrated'
        | 'instance.deleting'
        | 'instance.terminated'
        | 'instance.failed'
        | 'instance.auto_stop_warning'
        | 'instance.stop_pending'
        | 'instance.stop_hold_ended'
        | 'instance.unconfirmed'
        | 'instance.updated'
        | 'instance.removed';
      /** Format: date-time */
      readonly at: string;
      readonly instanceId: string;
      readonly revision: number;
      readonly instance?: components['schemas']['Instance'];
    };
    readonly InstanceMetricsView: {
      readonly instanceId: string;
      readonly status: components['schemas']['InstanceStatus'];
      /** Format: date-time */
      readonly from: string;
      /** Format: date-time */
      readonly to: string;
      readonly intervalSeconds: number | null;
      readonly series: components['schemas']['MetricSeriesView'];
      /** Format: date-time */
      readonly asOf: string | null;
      readonly lagSeconds: number | null;
      /** Format: date-time */
      readonly readAt: string | null;
      readonly unknown?: components['schemas']['MetricsUnknownView'];
    };
    readonly InstancePage: {
      readonly instances: readonly components['schemas']['Instance'][];
      readonly total: number | null;
      readonly nextCursor: string | null;
    };
    readonly InstanceSpendDayView: {
      /** Format: date */
      readonly day: string;
      readonly usd: number;
      readonly savedUsd: number;
    };
    readonly InstanceSpendDaysView: {
      readonly instanceId: string;
      /** Format: date-time */
      readonly asOf: string;
      readonly usd: number;
      readonly usdPerHour: number;
      /** Format: date-time */
      readonly countedFrom?: string;
      readonly savedUsd: number;
      readonly days: readonly components['schemas']['InstanceSpendDayView'][];
    };
    readonly InstanceSpendView: {
      readonly instanceId: string;
      readonly name?: string;
      readonly usd: number;
    };
    /** @enum {string} */
    readonly InstanceStatus:
      | 'creating'
      | 'created'
      | 'starting'
      | 'running'
      | 'health_checking'
      | 'ready'
      | 'stopping'
      | 'stopped'
      | 'restarting'
      | 'migrating'
      | 'deleting'
      | 'terminated'
      | 'failed';
    readonly KeyBudgetView: {
      /** Format: date-time */
      readonly asOf: string;
      readonly committedUsdPerHour: number;
      readonly leftUsdPerHour: number;
      /** @enum {string} */
      readonly leftBy: 'usdPerHour' | 'usdPerDay';
      readonly todayUsd: number;
      readonly leftTodayUsd?: number;
      readonly unpriced: number;
    };
    readonly KeyLimitsView: {
      readonly usdPerHour: number;
      readonly usdPerDay?: number;
      readonly hoursPerInstance: number;
      readonly now: components['schemas']['KeyBudgetView'] | null;
    };
    readonly KubernetesGpusView: {
      readonly requested: number;
      readonly unscheduled: number;
      readonly allocatable: number | null;
      readonly rented: number | null;
    };
    /** @enum {string} */
    readonly KubernetesKind:
      | 'Namespace'
      | 'Node'
      | 'Pod'
      | 'Deployment'
      | 'StatefulSet'
      | 'DaemonSet'
      | 'Job'
      | 'CronJob'
      | 'Service'
      | 'Ingress'
      | 'ConfigMap';
    readonly KubernetesKindView: {
      readonly kind: components['schemas']['KubernetesKind'];
      readonly count: number | null;
      /** Format: date-time */
      readonly asOf?: string;
      readonly stale: boolean;
      readonly error?: string;
    };
    readonly KubernetesNodeView: {
      readonly name: string;
      readonly ready: boolean | null;
      readonly pods: number;
      readonly byPhase: components['schemas']['KubernetesPodPhasesView'];
      readonly requestedGpus: number;
      readonly allocatableGpus: number | null;
    };
    readonly KubernetesPodPhasesView: {
      readonly Pending: number;
      readonly Running: number;
      readonly Succeeded: number;
      readonly Failed: number;
      readonly Unknown: number;
    };
    readonly KubernetesPodsView: {
      readonly total: number;
      readonly unscheduled: number;
      readonly byPhase: components['schemas']['KubernetesPodPhasesView'];
    };
    readonly KubernetesSummaryView: {
      readonly kinds: readonly components['schemas']['KubernetesKindView'][];
      readonly pods: components['schemas']['KubernetesPodsView'] | null;
      readonly nodes: readonly components['schemas']['KubernetesNodeView'][];
      readonly totalNodes: number | null;
      readonly gpus: components['schemas']['KubernetesGpusView'] | null;
    };
    readonly LastErrorView: {
      readonly code: string;
      readonly message: string;
      /** Format: date-time */
      readonly at: string;
      readonly retryable: boolean;
      readonly suggestion: string;
    };
    readonly LastSuccessView: {
      readonly runId: string;
      /** Format: date-time */
      readonly startTime: string;
      /** Format: date-time */
      readonly endTime: string;
    };
    readonly Lifetime: {
      readonly maxMinutes: number;
      /** Format: date-time */
      readonly endsAt: string;
    };
    readonly ListEvent: {
      /** @enum {string} */
      readonly type: 'list';
      readonly instances: readonly components['schemas']['Instance'][];
      readonly last: boolean;
    };
    readonly MeView: {
      readonly name: string;
      /** @enum {string} */
      readonly role: 'viewer' | 'operator' | 'admin';
      readonly version: string;
      readonly queues: boolean;
      readonly kubernetes: boolean;
      readonly sandbox: boolean | null;
      readonly limits?: components['schemas']['KeyLimitsView'];
    };
    readonly MetricPointView: {
      /** Format: date-time */
      readonly at: string;
      readonly percent: number;
    };
    readonly MetricSeriesView: {
      readonly gpu: readonly components['schemas']['MetricPointView'][] | null;
      readonly vram: readonly components['schemas']['MetricPointView'][] | null;
      readonly cpu: readonly components['schemas']['MetricPointView'][] | null;
      readonly memory: readonly components['schemas']['MetricPointView'][] | null;
      readonly disk: readonly components['schemas']['MetricPointView'][] | null;
    };
    readonly MetricsUnknownView: {
      /** @enum {string} */
      readonly reason: 'not-at-novita' | 'gone' | 'not-running' | 'no-figures';
      readonly detail: string;
    };
    readonly MigrationView: {
      /** @enum {string} */
      readonly state: 'waiting' | 'requested' | 'under-way' | 'starting' | 'done' | 'failed' | 'superseded';
      /** Format: date-time */
      readonly reclaimSeenAt: string;
      readonly attempts: number;
      /** Format: date-time */
      readonly requestedAt?: string;
      /** Format: date-time */
      readonly nextAttemptAt?: string;
      readonly jobId?: string;
      readonly boughtInstead?: components['schemas']['BoughtInsteadView'];
    };
    readonly MonthlyBillView: {
      readonly instances: number;
      readonly usd: number;
    };
    readonly MonthlyPriceView: {
      readonly months: number;
      readonly usd: number;
    };
    readonly NamespaceStatusView: {
      readonly name: string;
      readonly count: number;
      readonly remaining?: number;
    };
    readonly NextStopView: {
      readonly instanceId: string;
      readonly name: string;
      /** Format: date-time */
      readonly stopAt: string;
      readonly pricePerHour?: number;
    };
    readonly OfferView: {
      readonly region?: string;
      readonly productId: string;
      readonly pricePerHour?: number;
      readonly available: boolean;
      /** @enum {string} */
      readonly reason?: 'out-of-stock' | 'not-offered-so';
    };
    readonly OrphanPageView: {
      readonly orphans: readonly components['schemas']['OrphanView'][];
      readonly unknown?: components['schemas']['UnknownView'];
      readonly total: number | null;
      readonly nextCursor: string | null;
      readonly usdPerHour: number | null;
      readonly allUsdPerHour: number | null;
    };
    readonly OrphanView: {
      readonly novitaInstanceId: string;
      readonly id: string;
      readonly name: string;
      /** @enum {string} */
      readonly class: 'ours-lost' | 'foreign' | 'unknown';
      readonly markerHeldBy?: string;
      readonly status: components['schemas']['InstanceStatus'];
      readonly novitaStatus?: string;
      readonly product: components['schemas']['ProductView'];
      readonly gpuNum: number;
      readonly region?: string;
      readonly pricePerHour?: number;
      /** Format: date-time */
      readonly since: string;
      /** Format: date-time */
      readonly missingSince?: string;
      /** Format: date-time */
      readonly ignoredAt?: string;
      readonly ignoredBy?: string;
    };
    readonly OtherBillsView: {
      readonly instances: number;
      readonly meteredUsd: number;
      readonly billedUsd: number;
    };
    readonly OtherNamespacesView: {
      readonly namespaces: number;
      readonly count: number;
      readonly remaining?: number;
    };
    readonly OwnerLimitView: {
      readonly dailyUsd: number;
      readonly enforced: boolean;
      readonly stops: boolean;
      readonly owners?: readonly components['schemas']['SpendOfOwnerView'][];
    };
    readonly PlannedActionView: {
      /** @enum {string} */
      readonly action: 'update' | 'create' | 'adopt' | 'remove' | 'mark-terminated' | 'leave';
      readonly instanceId?: string;
      readonly novitaInstanceId: string;
      readonly name: string;
      readonly reason: string;
    };
    readonly PortMappingView: {
      readonly port: number;
      /** @enum {string} */
      readonly type: 'http' | 'tcp';
      readonly endpoint?: string;
    };
    readonly PortProbeView: {
      readonly port: number;
      /** @enum {string} */
      readonly protocol: 'http' | 'tcp';
      readonly ok: boolean;
      /** Format: date-time */
      readonly at: string;
      readonly detail: string;
    };
    readonly ProductView: {
      readonly id: string;
      readonly name: string;
    };
    readonly ResourceStatusView: {
      readonly name: components['schemas']['SyncResource'];
      /** @enum {string} */
      readonly status: 'pending' | 'in_progress' | 'completed' | 'failed';
      readonly count: number;
      readonly total?: number;
      readonly error?: string;
      readonly note?: string;
      readonly remaining?: number;
      readonly namespaces?: readonly components['schemas']['NamespaceStatusView'][];
      readonly otherNamespaces?: components['schemas']['OtherNamespacesView'];
    };
    readonly SpendBillDiffersEvent: {
      readonly id: string;
      /** @enum {string} */
      readonly type: 'spend.bill_differs';
      /** Format: date-time */
      readonly at: string;
      /** Format: date */
      readonly day: string;
      readonly meteredUsd: number;
      readonly billedUsd: number;
      readonly differencePercent: number;
      readonly tolerancePercent: number;
    };
    readonly SpendDayView: {
      /** Format: date */
      readonly day: string;
      readonly usd: number;
      readonly savedUsd: number;
      readonly parts: {
        readonly [key: string]: number;
      };
      readonly otherUsd: number;
    };
    readonly SpendDaysView: {
      /** Format: date-time */
      readonly asOf: string;
      readonly unknown?: components['schemas']['UnknownView'];
      /** @enum {string} */
      readonly by: 'owner' | 'product';
      readonly days: readonly components['schemas']['SpendDayView'][] | null;
    };
    readonly SpendLimitView: {
      readonly dailyUsd: number;
      readonly enforced: boolean;
      readonly stops: boolean;
      readonly reached?: boolean;
    };
    readonly SpendNowView: {
      readonly costUsdPerHour: number;
      readonly runningUsdPerHour: number;
      readonly billedThoughStoppedUsdPerHour: number;
      readonly byStatus: {
        readonly creating?: number;
        readonly created?: number;
        readonly starting?: number;
        readonly running?: number;
        readonly health_checking?: number;
        readonly ready?: number;
        readonly stopping?: number;
        readonly stopped?: number;
        readonly restarting?: number;
        readonly migrating?: number;
        readonly deleting?: number;
        readonly terminated?: number;
        readonly failed?: number;
      };
      readonly byRegion: {
        readonly [key: string]: number;
      };
      readonly byProduct: {
        readonly [key: string]: number;
      };
      readonly byOwner: {
        readonly [key: string]: number;
      };
      readonly unpriced: number;
      readonly idle: components['schemas']['IdleCostView'];
    };
    readonly SpendOfOwnerView: {
      readonly owner: string;
      readonly usd: number;
      readonly reached: boolean;
    };
    readonly SpendPeriodView: {
      readonly usd: number;
      readonly savedUsd: number;
      readonly instances: readonly components['schemas']['InstanceSpendView'][];
      readonly otherUsd: number;
    };
    readonly SpendView: {
      /** Format: date-time */
      readonly asOf: string;
      readonly unknown?: components['schemas']['UnknownView'];
      readonly now: components['schemas']['SpendNowView'] | null;
      readonly today: components['schemas']['SpendPeriodView'] | null;
      readonly month: components['schemas']['SpendPeriodView'] | null;
      readonly limit?: components['schemas']['SpendLimitView'];
      readonly ownerLimit?: components['schemas']['OwnerLimitView'];
    };
    readonly SpendWarningEvent: {
      readonly id: string;
      /** @enum {string} */
      readonly type: 'spend.warning';
      /** Format: date-time */
      readonly at: string;
      /** Format: date */
      readonly day: string;
      readonly levelPercent: number;
      readonly spentUsd: number;
      readonly limitUsd: number;
      readonly enforced: boolean;
      readonly owner?: string;
    };
    readonly SpotView: {
      readonly status: string;
      /** Format: date-time */
      readonly reclaimAt?: string;
      /** Format: date-time */
      readonly firstSeenAt?: string;
    };
    readonly SshView: {
      readonly command: string;
      readonly password?: string;
    };
    readonly StillCostingByReasonView: {
      readonly madeElsewhere: components['schemas']['CostSumView'];
      readonly monthly: components['schemas']['CostSumView'];
      readonly notStopped: components['schemas']['CostSumView'];
    };
    readonly StillCostingView: {
      readonly usdPerHour: number;
      readonly instances: number;
      readonly unpriced: number;
      readonly byReason: components['schemas']['StillCostingByReasonView'];
    };
    readonly StopAllData: {
      readonly dryRun: boolean;
      readonly stopping: readonly components['schemas']['StopAllItemView'][];
      readonly skipped: readonly components['schemas']['StopAllReasonView'][];
      readonly failed: readonly components['schemas']['StopAllReasonView'][];
      readonly ending: components['schemas']['EndingView'];
      readonly stillCosting: components['schemas']['StillCostingView'] | null;
      readonly unknown?: components['schemas']['UnknownView'];
    };
    readonly StopAllItemView: {
      readonly instanceId: string;
      readonly name: string;
      readonly status: components['schemas']['InstanceStatus'];
      readonly pricePerHour?: number;
    };
    readonly StopAllReasonView: {
      readonly instanceId: string;
      readonly name: string;
      readonly status: components['schemas']['InstanceStatus'];
      readonly pricePerHour?: number;
      readonly reason: string;
    };
    readonly StopHold: {
      /** @enum {string} */
      readonly by: 'auto-stop' | 'max-lifetime' | 'migration' | 'spend-limit';
      /** Format: date-time */
      readonly since: string;
      /** Format: date-time */
      readonly until: string;
      readonly reason: string;
      readonly waitsFor: readonly components['schemas']['HoldingEndpoint'][];
      /** Format: date-time */
      readonly endedAt?: string;
      /** @enum {string} */
      readonly outcome?: 'released' | 'timed-out' | 'ended-by-person' | 'called-off';
      readonly endedBy?: string;
    };
    readonly SyncChangesView: {
      readonly updated: number;
      readonly created: number;
      readonly adopted: number;
      readonly removed: number;
      readonly markedTerminated: number;
      readonly leftMissing: number;
    };
    readonly SyncFailureView: {
      readonly resource: components['schemas']['SyncKind'];
      readonly error: string;
    };
    /** @enum {string} */
    readonly SyncKind:
      | 'instances'
      | 'gpu-products'
      | 'cpu-products'
      | 'clusters'
      | 'templates'
      | 'registry-auths'
      | 'network-storages'
      | 'jobs'
      | 'endpoints';
    readonly SyncOptionsView: {
      readonly forceSync: boolean;
      readonly handleObsoleteInstances: boolean;
      readonly dryRun: boolean;
      readonly resources: readonly components['schemas']['SyncKind'][];
    };
    readonly SyncPauseView: {
      /** Format: date-time */
      readonly since: string;
      readonly by?: string;
    };
    /** @enum {string} */
    readonly SyncResource:
      | 'instances'
      | 'gpu-products'
      | 'cpu-products'
      | 'clusters'
      | 'templates'
      | 'registry-auths'
      | 'network-storages'
      | 'jobs'
      | 'endpoints'
      | 'Namespace'
      | 'Node'
      | 'Pod'
      | 'Deployment'
      | 'StatefulSet'
      | 'DaemonSet'
      | 'Job'
      | 'CronJob'
      | 'Service'
      | 'Ingress'
      | 'ConfigMap';
    readonly SyncResultData: {
      readonly beforeSync: number;
      readonly afterSync: number;
      readonly novitaInstances?: number;
      readonly localInstances: number;
      readonly mergedInstances?: number;
      readonly totalInstances: number;
      readonly instancesRemoved: number;
      readonly duration: number;
      /** Format: date-time */
      readonly timestamp: string;
      readonly options: components['schemas']['SyncOptionsView'];
      readonly updated: number;
      readonly created: number;
      readonly adopted: number;
      readonly markedTerminated: number;
      readonly leftMissing: number;
      readonly held?: components['schemas']['HeldView'];
      readonly unclean?: string;
      readonly joined: boolean;
      readonly runId: string;
      readonly failures: readonly components['schemas']['SyncFailureView'][];
      readonly actions?: readonly components['schemas']['PlannedActionView'][];
      readonly actionCount?: number;
    };
    readonly SyncRunEvent: {
      readonly id: string;
      /** @enum {string} */
      readonly type: 'sync.started' | 'sync.completed' | 'sync.failed' | 'sync.held';
      /** Format: date-time */
      readonly at: string;
      readonly runId: string;
      readonly trigger: string;
      /** Format: date-time */
      readonly startedAt: string;
      /** Format: date-time */
      readonly endedAt?: string;
      readonly durationMs?: number;
      readonly error?: string;
      readonly changes?: {
        readonly [key: string]: number;
      };
      readonly held?: components['schemas']['HeldView'];
    };
    readonly SyncRunView: {
      readonly runId: string;
      /** @enum {string} */
      readonly trigger: 'startup' | 'schedule' | 'manual' | 'retry';
      readonly requestedBy: string;
      /** @enum {string} */
      readonly outcome: 'completed' | 'failed';
      readonly error?: string;
      /** Format: date-time */
      readonly startTime: string;
      /** Format: date-time */
      readonly endTime: string;
      readonly duration: number;
      readonly changes?: components['schemas']['SyncChangesView'];
      readonly novitaInstances?: number;
      readonly held: boolean;
      readonly failedResources: readonly components['schemas']['SyncResource'][];
      readonly resourceStatus: readonly components['schemas']['ResourceStatusView'][];
    };
    /** @enum {string} */
    readonly SyncSource: 'novita' | 'kubernetes';
    readonly SyncSourceStatus: {
      readonly source: components['schemas']['SyncSource'];
      /** @enum {string} */
      readonly status: 'unknown' | 'not_started' | 'in_progress' | 'completed' | 'failed';
      /** @enum {string} */
      readonly step?: 'cleanup' | 'sync' | 'informer' | 'done';
      readonly currentResource?: components['schemas']['SyncResource'];
      readonly totalResources?: number;
      readonly syncedResources?: number;
      /** Format: date-time */
      readonly startTime?: string;
      /** Format: date-time */
      readonly endTime?: string;
      /** Format: date-time */
      readonly lastSuccessTime?: string;
      readonly paused?: boolean;
      readonly held?: boolean;
    };
    readonly SyncStatus: {
      /** @enum {string} */
      readonly status: 'not_started' | 'in_progress' | 'completed' | 'failed';
      /** @enum {string} */
      readonly step?: 'cleanup' | 'sync' | 'informer' | 'done';
      readonly currentResource?: components['schemas']['SyncResource'];
      readonly totalResources: number;
      readonly syncedResources: number;
      /** Format: date-time */
      readonly startTime?: string;
      /** Format: date-time */
      readonly endTime?: string;
      readonly duration?: number;
      readonly error?: string;
      readonly resourceStatus: readonly components['schemas']['ResourceStatusView'][];
      readonly runId?: string;
      /** @enum {string} */
      readonly trigger?: 'startup' | 'schedule' | 'manual' | 'retry';
      readonly estimatedRemainingSeconds?: number;
      readonly held?: components['schemas']['HeldView'];
      readonly retryCount?: number;
      /** Format: date-time */
      readonly nextRetry?: string;
      /** Format: date-time */
      readonly nextRun?: string;
      readonly paused?: components['schemas']['SyncPauseView'];
      readonly lastSuccess?: components['schemas']['LastSuccessView'];
      /** Format: date-time */
      readonly instancesAsOf?: string;
      readonly sources?: readonly components['schemas']['SyncSourceStatus'][];
    };
    readonly TemplateEnvView: {
      readonly key: string;
      readonly value?: string;
    };
    readonly TemplatePortView: {
      readonly port: number;
      /** @enum {string} */
      readonly protocol: 'http' | 'tcp';
    };
    readonly TemplateView: {
      readonly id: string;
      readonly name: string;
      readonly channel?: string;
      readonly image: string;
      readonly rootfsSize?: number;
      readonly ports: readonly components['schemas']['TemplatePortView'][];
      readonly envs: readonly components['schemas']['TemplateEnvView'][];
      readonly startCommand?: string;
      readonly entrypoint?: string;
      readonly minCudaVersion?: string;
    };
    readonly UnknownView: {
      /** @enum {string} */
      readonly code:
        | 'novita-refuses-key'
        | 'novita-unreachable'
        | 'redis-away'
        | 'first-listing-under-way'
        | 'listing-failed';
      readonly message: string;
      /** Format: date-time */
      readonly since: string;
    };
    readonly WebTerminalView: {
      readonly address: string;
      readonly username?: string;
      readonly password?: string;
    };
    readonly WebhookAttempt: {
      /** Format: date-time */
      readonly at: string;
      readonly durationMs: number;
      readonly result: components['schemas']['WebhookAttemptResult'];
      readonly status?: number;
      readonly message?: string;
      readonly answer?: string;
    };
    /** @enum {string} */
    readonly WebhookAttemptResult:
      | 'delivered'
      | 'rejected'
      | 'throttled'
      | 'redirected'
      | 'gone'
      | 'no-answer'
      | 'forbidden-address';
    readonly WebhookDelivery: {
      readonly id: string;
      readonly endpointId: string;
      readonly eventId: string;
      readonly type: string;
      readonly instanceId?: string;
      readonly sequence?: number;
      readonly state: components['schemas']['WebhookDeliveryState'];
      readonly attempts: readonly components['schemas']['WebhookAttempt'][];
      /** Format: date-time */
      readonly nextAttemptAt?: string;
      /** Format: date-time */
      readonly createdAt: string;
      readonly replayOf?: string;
    };
    readonly WebhookDeliveryPage: {
      readonly deliveries: readonly components['schemas']['WebhookDelivery'][];
      readonly nextCursor: string | null;
    };
    /** @enum {string} */
    readonly WebhookDeliveryState: 'pending' | 'delivered' | 'exhausted' | 'cancelled';
    readonly WebhookDisabledEvent: {
      readonly id: string;
      /** @enum {string} */
      readonly type: 'webhook.disabled';
      /** Format: date-time */
      readonly at: string;
      readonly endpointId: string;
      readonly origin: string;
      readonly reason: string;
      /** Format: date-time */
      readonly failingSince?: string;
    };
    readonly WebhookEndpoint: {
      readonly id: string;
      /** @enum {string} */
      readonly kind: 'managed' | 'global' | 'instance';
      readonly url?: string;
      readonly origin: string;
      readonly description?: string;
      readonly types: readonly string[];
      readonly filter: components['schemas']['EndpointFilterView'];
      readonly ordered: boolean;
      readonly hold: boolean;
      /** @enum {string} */
      readonly state: 'active' | 'paused' | 'disabled';
      /** Format: date-time */
      readonly stateSince?: string;
      readonly pausedBy?: string;
      readonly disabledReason?: string;
      readonly secrets: readonly components['schemas']['EndpointSecretView'][];
      /** Format: date-time */
      readonly failingSince?: string;
      /** Format: date-time */
      readonly deferredUntil?: string;
      /** Format: date-time */
      readonly createdAt: string;
      readonly createdBy: string;
      readonly revision: number;
    };
    readonly WebhookEndpointList: {
      readonly endpoints: readonly components['schemas']['WebhookEndpoint'][];
    };
    /** @enum {string} */
    readonly WebhookSignature: 'v1' | 'v1a';
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type ActivityErrorView = components['schemas']['ActivityErrorView'];
export type ActivityEvent = components['schemas']['ActivityEvent'];
export type ActivityInstanceView = components['schemas']['ActivityInstanceView'];
export type ActivitySignalView = components['schemas']['ActivitySignalView'];
export type ActivityView = components['schemas']['ActivityView'];
export type AuditEntryView = components['schemas']['AuditEntryView'];
export type AuditLogView = components['schemas']['AuditLogView'];
export type AutoStopInForceView = components['schemas']['AutoStopInForceView'];
export type AutoStopLeaseView = components['schemas']['AutoStopLeaseView'];
export type AutoStopView = components['schemas']['AutoStopView'];
export type BillDayView = components['schemas']['BillDayView'];
export type BillRunView = components['schemas']['BillRunView'];
export type BillView = components['schemas']['BillView'];
export type BilledInstanceView = components['schemas']['BilledInstanceView'];
export type BoughtInsteadView = components['schemas']['BoughtInsteadView'];
export type BulkPreviewItemView = components['schemas']['BulkPreviewItemView'];
export type BulkPreviewView = components['schemas']['BulkPreviewView'];
export type BulkSkipView = components['schemas']['BulkSkipView'];
export type ConnectionDetailsView = components['schemas']['ConnectionDetailsView'];
export type CostSumView = components['schemas']['CostSumView'];
export type CostView = components['schemas']['CostView'];
export type DashboardAttentionView = components['schemas']['DashboardAttentionView'];
export type DashboardAutoStopView = components['schemas']['DashboardAutoStopView'];
export type DashboardCountsView = components['schemas']['DashboardCountsView'];
export type DashboardMoneyView = components['schemas']['DashboardMoneyView'];
export type DashboardView = components['schemas']['DashboardView'];
export type DegradedEvent = components['schemas']['DegradedEvent'];
export type EndingView = components['schemas']['EndingView'];
export type EndpointFilterView = components['schemas']['EndpointFilterView'];
export type EndpointSecretView = components['schemas']['EndpointSecretView'];
export type EnvVarView = components['schemas']['EnvVarView'];
export type FigureSumView = components['schemas']['FigureSumView'];
export type FleetSampleView = components['schemas']['FleetSampleView'];
export type GpuOffersView = components['schemas']['GpuOffersView'];
export type GpuPriceView = components['schemas']['GpuPriceView'];
export type GpuProductView = components['schemas']['GpuProductView'];
export type HeldView = components['schemas']['HeldView'];
export type HoldingEndpoint = components['schemas']['HoldingEndpoint'];
export type IdleByReasonView = components['schemas']['IdleByReasonView'];
export type IdleCostView = components['schemas']['IdleCostView'];
export type IdleEvaluation = components['schemas']['IdleEvaluation'];
export type Instance = components['schemas']['Instance'];
export type InstanceActivity = components['schemas']['InstanceActivity'];
export type InstanceEvent = components['schemas']['InstanceEvent'];
export type InstanceMetricsView = components['schemas']['InstanceMetricsView'];
export type InstancePage = components['schemas']['InstancePage'];
export type InstanceSpendDayView = components['schemas']['InstanceSpendDayView'];
export type InstanceSpendDaysView = components['schemas']['InstanceSpendDaysView'];
export type InstanceSpendView = components['schemas']['InstanceSpendView'];
export type InstanceStatus = components['schemas']['InstanceStatus'];
export type KeyBudgetView = components['schemas']['KeyBudgetView'];
export type KeyLimitsView = components['schemas']['KeyLimitsView'];
export type KubernetesGpusView = components['schemas']['KubernetesGpusView'];
export type KubernetesKind = components['schemas']['KubernetesKind'];
export type KubernetesKindView = components['schemas']['KubernetesKindView'];
export type KubernetesNodeView = components['schemas']['KubernetesNodeView'];
export type KubernetesPodPhasesView = components['schemas']['KubernetesPodPhasesView'];
export type KubernetesPodsView = components['schemas']['KubernetesPodsView'];
export type KubernetesSummaryView = components['schemas']['KubernetesSummaryView'];
export type LastErrorView = components['schemas']['LastErrorView'];
export type LastSuccessView = components['schemas']['LastSuccessView'];
export type Lifetime = components['schemas']['Lifetime'];
export type ListEvent = components['schemas']['ListEvent'];
export type MeView = components['schemas']['MeView'];
export type MetricPointView = components['schemas']['MetricPointView'];
export type MetricSeriesView = components['schemas']['MetricSeriesView'];
export type MetricsUnknownView = components['schemas']['MetricsUnknownView'];
export type MigrationView = components['schemas']['MigrationView'];
export type MonthlyBillView = components['schemas']['MonthlyBillView'];
export type MonthlyPriceView = components['schemas']['MonthlyPriceView'];
export type NamespaceStatusView = components['schemas']['NamespaceStatusView'];
export type NextStopView = components['schemas']['NextStopView'];
export type OfferView = components['schemas']['OfferView'];
export type OrphanPageView = components['schemas']['OrphanPageView'];
export type OrphanView = components['schemas']['OrphanView'];
export type OtherBillsView = components['schemas']['OtherBillsView'];
export type OtherNamespacesView = components['schemas']['OtherNamespacesView'];
export type OwnerLimitView = components['schemas']['OwnerLimitView'];
export type PlannedActionView = components['schemas']['PlannedActionView'];
export type PortMappingView = components['schemas']['PortMappingView'];
export type PortProbeView = components['schemas']['PortProbeView'];
export type ProductView = components['schemas']['ProductView'];
export type ResourceStatusView = components['schemas']['ResourceStatusView'];
export type SpendBillDiffersEvent = components['schemas']['SpendBillDiffersEvent'];
export type SpendDayView = components['schemas']['SpendDayView'];
export type SpendDaysView = components['schemas']['SpendDaysView'];
export type SpendLimitView = components['schemas']['SpendLimitView'];
export type SpendNowView = components['schemas']['SpendNowView'];
export type SpendOfOwnerView = components['schemas']['SpendOfOwnerView'];
export type SpendPeriodView = components['schemas']['SpendPeriodView'];
export type SpendView = components['schemas']['SpendView'];
export type SpendWarningEvent = components['schemas']['SpendWarningEvent'];
export type SpotView = components['schemas']['SpotView'];
export type SshView = components['schemas']['SshView'];
export type StillCostingByReasonView = components['schemas']['StillCostingByReasonView'];
export type StillCostingView = components['schemas']['StillCostingView'];
export type StopAllData = components['schemas']['StopAllData'];
export type StopAllItemView = components['schemas']['StopAllItemView'];
export type StopAllReasonView = components['schemas']['StopAllReasonView'];
export type StopHold = components['schemas']['StopHold'];
export type SyncChangesView = components['schemas']['SyncChangesView'];
export type SyncFailureView = components['schemas']['SyncFailureView'];
export type SyncKind = components['schemas']['SyncKind'];
export type SyncOptionsView = components['schemas']['SyncOptionsView'];
export type SyncPauseView = components['schemas']['SyncPauseView'];
export type SyncResource = components['schemas']['SyncResource'];
export type SyncResultData = components['schemas']['SyncResultData'];
export type SyncRunEvent = components['schemas']['SyncRunEvent'];
export type SyncRunView = components['schemas']['SyncRunView'];
export type SyncSource = components['schemas']['SyncSource'];
export type SyncSourceStatus = components['schemas']['SyncSourceStatus'];
export type SyncStatus = components['schemas']['SyncStatus'];
export type TemplateEnvView = components['schemas']['TemplateEnvView'];
export type TemplatePortView = components['schemas']['TemplatePortView'];
export type TemplateView = components['schemas']['TemplateView'];
export type UnknownView = components['schemas']['UnknownView'];
export type WebTerminalView = components['schemas']['WebTerminalView'];
export type WebhookAttempt = components['schemas']['WebhookAttempt'];
export type WebhookAttemptResult = components['schemas']['WebhookAttemptResult'];
export type WebhookDelivery = components['schemas']['WebhookDelivery'];
export type WebhookDeliveryPage = components['schemas']['WebhookDeliveryPage'];
export type WebhookDeliveryState = components['schemas']['WebhookDeliveryState'];
export type WebhookDisabledEvent = components['schemas']['WebhookDisabledEvent'];
export type WebhookEndpoint = components['schemas']['WebhookEndpoint'];
export type WebhookEndpointList = components['schemas']['WebhookEndpointList'];
export type WebhookSignature = components['schemas']['WebhookSignature'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
