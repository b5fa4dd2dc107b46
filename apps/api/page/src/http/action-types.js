/**
 * What the API answers to the commands and questions of dialogs; openapi.json has all of it.
 *
 * @typedef {import('./api-types.js').InstanceStatus} InstanceStatus
 * @typedef {'onDemand' | 'spot' | 'monthly'} BillingMode
 *
 * @typedef {object} Product a GPU product of `GET /api/v1/products`
 * @property {string} id
 * @property {string} name
 * @property {boolean} inStock
 * @property {string} [inventory]
 * @property {readonly string[]} regions empty: everywhere
 * @property {readonly BillingMode[]} billingModes empty: all
 * @property {{onDemand?: number, spot?: number, monthly: readonly {months: number, usd: number}[]}} pricePerHour USD per GPU
 * @property {number} cpuPerGpu
 * @property {number} memoryPerGpu GB
 * @property {number} [minRootfs] GB
 * @property {number} [maxRootfs] GB
 *
 * @typedef {object} Cluster
 * @property {string} id
 * @property {string} name
 *
 * @typedef {object} Template
 * @property {string} id
 * @property {string} name
 * @property {string} [channel]
 * @property {string} image
 * @property {number} [rootfsSize] GB
 * @property {readonly {port: number, protocol: 'http' | 'tcp'}[]} ports
 * @property {readonly {key: string, value?: string}[]} envs
 * @property {string} [startCommand]
 * @property {string} [entrypoint]
 * @property {string} [minCudaVersion]
 *
 * @typedef {object} Catalogue
 * @property {readonly Product[]} products
 * @property {readonly Cluster[]} clusters
 * @property {readonly Template[]} templates
 * @property {string} defaultRegion where a create without a region looks first
 * @property {string} asOf of the products
 *
 * @typedef {'instance' | 'template' | 'fleet'} SettingSource
 *
 * @typedef {object} Idle `GET /api/v1/instances/{id}/idle`
 * @property {'keep' | 'warn' | 'stop'} verdict
 * @property {IdleRule} rule
 * @property {string} reason
 * @property {string} [idleSince]
 * @property {string} [stopAt]
 * @property {string} [nextEvaluation]
 * @property {readonly {kind: 'ready' | 'use' | 'lease' | 'gpu', at: string, by: string, detail?: string}[]} signs
 * @property {readonly string[]} whatWouldChangeIt
 * @property {string} evaluatedAt
 * @property {{enabled: boolean, enabledFrom: SettingSource, thresholdMinutes: number, thresholdFrom: SettingSource, warningMinutes: number}} autoStop
 *
 * @typedef {'exempt' | 'leased' | 'used-lately' | 'warning-due' | 'idle-too-long' | 'picture-too-old' | 'utilisation-unknown' | 'suspended'} IdleRule
 * @typedef {'status' | 'wish' | 'settings' | 'lease' | 'warning' | 'decision' | 'repair'} LedgerKind
 *
 * @typedef {object} LedgerEntry
 * @property {string} at
 * @property {LedgerKind} kind
 * @property {string} by
 * @property {string} [from]
 * @property {string} [to]
 * @property {string} reason
 *
 * @typedef {object} StopAllItem
 * @property {string} instanceId
 * @property {string} name
 * @property {InstanceStatus} status
 * @property {number} [pricePerHour]
 * @property {string} [reason]
 *
 * @typedef {object} StopAllResult
 * @property {readonly StopAllItem[]} stopping
 * @property {readonly StopAllItem[]} skipped
 * @property {readonly StopAllItem[]} failed
 * @property {import('./api-types.js').CostSum & {unpriced: number}} ending
 * @property {StillCosting | null} stillCosting null while it is not known what runs at Novita
 *
 * @typedef {object} StillCosting
 * @property {number} usdPerHour
 * @property {number} instances
 * @property {number} unpriced
 * @property {Readonly<Record<'madeElsewhere' | 'monthly' | 'notStopped', import('./api-types.js').CostSum>>} byReason
 *
 * @typedef {object} SyncResult
 * @property {number} beforeSync
 * @property {number} afterSync
 * @property {number} [novitaInstances]
 * @property {number} duration milliseconds
 * @property {number} updated
 * @property {number} created
 * @property {number} adopted
 * @property {number} instancesRemoved
 * @property {number} markedTerminated
 * @property {number} leftMissing
 * @property {{since: string, reason: string, wouldRemove: number}} [held]
 * @property {string} [unclean]
 * @property {boolean} joined
 * @property {readonly {resource: string, error: string}[]} failures
 * @property {readonly {action: string, novitaInstanceId: string, name: string, reason: string}[]} [actions]
 * @property {number} [actionCount]
 */

export {};
