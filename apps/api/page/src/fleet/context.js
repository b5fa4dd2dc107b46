/**
 * The parts that every view gets.
 *
 * @typedef {object} AppContext
 * @property {import('../session/session.js').Session} session
 * @property {import('../net/http-client.js').HttpClient} http
 * @property {import('../ui/toasts.js').Toasts} toasts
 * @property {import('./fleet.js').Fleet} fleet
 * @property {import('../routing/router.js').Router} router goes from view to view
 * @property {Actions} actions
 *
 * @typedef {Omit<AppContext, 'actions'>} ContextParts what the actions themselves are made of
 * @typedef {import('../net/api-types.js').Instance} Instance
 */

/**
 * The lines of the table in `actions.js`, as far as the key that signed in may: from here every button and every entry of
 * a menu gets its text and its effect.
 *
 * @typedef {object} Actions
 * @property {(instance: Instance) => RowActions} forRow what the row of an instance offers
 * @property {(instance: Instance) => readonly InstanceAction[]} forView all that applies to it, where it fills the view
 * @property {readonly string[]} verbs the texts of all actions of instances that the key may give
 * @property {readonly BulkAction[]} forSelection what can be asked of several instances at once
 * @property {InstanceAction} explain
 * @property {(name: FleetActionName) => FleetAction | null} ofFleet null where the key may not
 *
 * @typedef {object} RowActions
 * @property {readonly InstanceAction[]} main at most two, shown as buttons
 * @property {readonly InstanceAction[]} more the rest, in a menu
 *
 * @typedef {'adopt' | 'ignore' | 'start' | 'stop' | 'restart' | 'keepBusy' | 'endLease' | 'autoStop' | 'createLike' | 'notify' | 'explain' | 'delete'} InstanceActionName
 * @typedef {'create' | 'stopAll' | 'syncNow' | 'showMetrics' | 'showQueues'} FleetActionName
 *
 * @typedef {object} InstanceAction the same object for the same action, whatever the instance
 * @property {InstanceActionName} name
 * @property {string} text of its button
 * @property {boolean} isDangerous
 * @property {(instance: Instance) => Promise<void>} run asks first where the table says so; shows what came of it, and
 *   never throws
 *
 * @typedef {object} FleetAction
 * @property {string} text
 * @property {() => Promise<void>} run
 *
 * @typedef {BulkTexts & BulkEffect} BulkAction
 *
 * @typedef {object} BulkEffect
 * @property {(instance: Instance) => string} objection why it does not fit an instance; empty when it does
 * @property {(target: BulkTarget) => Promise<void>} run asks once for all
 *
 * @typedef {{readonly ids: readonly string[]} | {readonly filter: Readonly<Record<string, string>>}} BulkTarget the selected
 *   instances, or everything that a filter of the list finds, in the list's own parameters
 *
 * @typedef {object} BulkTexts
 * @property {'start' | 'stop' | 'restart' | 'delete' | 'adopt' | 'ignore' | 'keepBusy' | 'autoStop'} action as the API names it
 * @property {string} verb
 * @property {string} note when it is done, or what is lost
 * @property {'nothing' | 'count' | 'lease' | 'autoStop'} asks what must be given before
 */

export {};
