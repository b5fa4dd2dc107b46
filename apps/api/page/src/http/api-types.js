/**
 * What the API answers, as far as this page uses it; openapi.json has all of it. Times are ISO 8601 in UTC.
 *
 * @typedef {'creating' | 'created' | 'starting' | 'running' | 'health_checking' | 'ready' | 'stopping' | 'stopped' | 'restarting' | 'migrating' | 'deleting' | 'terminated' | 'failed'} InstanceStatus
 * @typedef {'viewer' | 'operator' | 'admin'} Role
 *
 * @typedef {object} Me
 * @property {string} name
 * @property {Role} role
 * @property {string} version
 * @property {boolean} queues whether /admin/queues exists
 * @property {boolean | null} [sandbox] whether no machine is real; null before anything answered
 *
 * @typedef {object} AutoStopSettings absent members mean "as the fleet's default says"
 * @property {boolean} [enabled]
 * @property {number} [thresholdMinutes]
 * @property {{until: string, by: string, reason: string}} [lease]
 *
 * @typedef {object} Instance
 * @property {string} id
 * @property {string} name
 * @property {InstanceStatus} status
 * @property {string} [novitaInstanceId]
 * @property {string} [novitaStatus]
 * @property {'managed' | 'adopted' | 'discovered'} origin
 * @property {'running' | 'stopped' | 'deleted'} desired
 * @property {string} desiredBy
 * @property {string} desiredAt
 * @property {number} gpuNum
 * @property {number} rootfsSize
 * @property {string} [region]
 * @property {{id: string, name: string}} product
 * @property {'onDemand' | 'monthly' | 'spot'} billingMode
 * @property {number} [pricePerHour]
 * @property {string} image
 * @property {string} [templateId]
 * @property {string} marker
 * @property {readonly {key: string, value?: string}[]} envs values for operators only
 * @property {string} [webhookUrl]
 * @property {readonly {port: number, type: 'http' | 'tcp', endpoint?: string}[]} portMappings
 * @property {{ssh?: {command: string, password?: string}, jupyter?: string, webTerminal?: {address: string, username?: string, password?: string}}} connectionDetails
 * @property {readonly {port: number, protocol: 'http' | 'tcp', ok: boolean, at: string, detail: string}[]} [probes]
 * @property {string} createdAt
 * @property {string} [startedAt]
 * @property {string} [readyAt]
 * @property {string} [stoppedAt]
 * @property {string} [terminatedAt]
 * @property {string} [observedAt]
 * @property {string} [missingSince]
 * @property {string | null} confirmedAt
 * @property {AutoStopSettings} autoStop
 * @property {{code: string, message: string, at: string, retryable: boolean, suggestion: string}} [lastError]
 * @property {number} revision
 * @property {string} [lastUsedAt]
 * @property {string} [autoStopAt]
 *
 * @typedef {object} InstancePage
 * @property {readonly Instance[]} instances
 * @property {number | null} total
 * @property {string | null} nextCursor
 *
 * @typedef {object} CostSum
 * @property {number} usdPerHour
 * @property {number} instances
 *
 * @typedef {object} IdleCost
 * @property {string} asOf
 * @property {number} usdPerHour
 * @property {number} instances
 * @property {number} unpriced
 * @property {Readonly<Record<'due' | 'notYetDue' | 'autoStopOff' | 'monthly' | 'useNotKnown', CostSum>>} byReason
 *
 * @typedef {object} Dashboard
 * @property {string} asOf
 * @property {string} [storedAsOf] while Redis is away: of when money and deadlines are
 * @property {{code: string, message: string, since: string}} [unknown] present while nothing is known: all figures are null then
 * @property {boolean | null} sandbox whether no machine is real; null before anything answered
 * @property {{total: number, discovered: number, byStatus: Readonly<Partial<Record<InstanceStatus, number>>>}} counts
 * @property {{costUsdPerHour: number, runningUsdPerHour: number, billedThoughStoppedUsdPerHour: number, todayUsd: number, savedTodayUsd: number, idle: IdleCost | null, unpriced: number, dailyLimitUsd?: number, limitReached?: boolean}} money
 * @property {{enabled: boolean, suspended?: string, next?: {instanceId: string, name: string, stopAt: string, pricePerHour?: number}}} autoStop
 * @property {{unconfirmed: number, oldestUnconfirmedSeconds?: number, overdue: number, failed: number, orphans: number}} attention
 * @property {readonly {at: string, running: number, costUsdPerHour: number}[]} history
 *
 * @typedef {object} ResourceProgress
 * @property {string} name
 * @property {'pending' | 'in_progress' | 'completed' | 'failed'} status
 * @property {number} count
 * @property {number} [total]
 * @property {string} [error]
 * @property {string} [note]
 *
 * @typedef {object} SyncStatus
 * @property {'not_started' | 'in_progress' | 'completed' | 'failed'} status
 * @property {'cleanup' | 'sync' | 'informer' | 'done'} [step]
 * @property {string} [currentResource]
 * @property {number} totalResources
 * @property {number} syncedResources
 * @property {string} [startTime]
 * @property {string} [endTime]
 * @property {number} [duration] milliseconds
 * @property {string} [error]
 * @property {readonly ResourceProgress[]} resourceStatus
 * @property {string} [runId]
 * @property {string} [trigger]
 * @property {number} [estimatedRemainingSeconds]
 * @property {{since: string, reason: string, wouldRemove: number}} [held]
 * @property {number} [retryCount]
 * @property {string} [nextRetry]
 * @property {string} [nextRun]
 * @property {{since: string, by: string}} [paused]
 * @property {{runId: string, startTime: string, endTime: string}} [lastSuccess]
 * @property {string} [instancesAsOf]
 *
 * @typedef {object} SyncRun an entry of `GET /api/v1/sync/history`, as far as the page shows it
 * @property {string} runId
 * @property {'completed' | 'failed'} [outcome]
 * @property {string} startTime
 * @property {string} endTime
 * @property {number} duration milliseconds
 * @property {boolean} [held] whether the brake held its listing back
 * @property {string} [error]
 *
 * @typedef {object} EventData of `GET /api/v1/events`, as far as the page uses it; which members there are depends on the type
 * @property {string} [instanceId]
 * @property {number} [revision]
 * @property {Instance} [instance]
 * @property {readonly Instance[]} [instances]
 * @property {string} [since]
 *
 * @typedef {object} Health `GET /health`
 * @property {string} status ok, degraded, error or shutting_down
 * @property {Readonly<Record<string, {status: string, [detail: string]: unknown}>>} [details]
 */

export {};
