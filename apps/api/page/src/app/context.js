/**
 * What every view is given.
 *
 * @typedef {object} AppContext
 * @property {import('../session/session.js').Session} session
 * @property {import('../http/http-client.js').HttpClient} http
 * @property {import('./notices.js').Notices} notices
 * @property {import('./fleet.js').Fleet} fleet
 * @property {Actions} actions
 *
 * What can be done, from wherever there is a button for it. Those that open a dialog return at once; the others resolve
 * when the API has answered and what came of it was told. None throws.
 *
 * @typedef {object} Actions
 * @property {(instance: Instance) => Promise<void>} start
 * @property {(instance: Instance) => Promise<void>} stop
 * @property {(instance: Instance) => Promise<void>} restart
 * @property {(instance: Instance) => void} confirmDelete asks for its name
 * @property {(instance: Instance) => void} keepBusy
 * @property {(instance: Instance) => void} changeAutoStop
 * @property {(instance: Instance) => void} adopt one that was made elsewhere
 * @property {(instance: Instance) => void} explain the side panel "why?"
 * @property {(command: 'start' | 'stop' | 'restart' | 'delete', instances: readonly Instance[]) => void} several asks once for all
 * @property {() => void} stopAll
 * @property {() => void} syncNow
 * @property {() => void} create
 * @property {() => Promise<void>} showMetrics
 * @property {() => Promise<void>} showQueues
 *
 * @typedef {Omit<AppContext, 'actions'>} ContextParts what the actions themselves are made of
 * @typedef {import('../http/api-types.js').Instance} Instance
 */

export {};
