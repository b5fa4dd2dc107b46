/**
 * The views of the page. Each is a module of its own, loaded when its address is first shown.
 */

/** @type {Readonly<Record<import('../routing/views.js').ViewName, () => Promise<import('../routing/router.js').ViewModule>>>} */
export const VIEWS = {
  instances: () => import('../instances/view.js'),
  overview: () => import('../overview/view.js'),
  activity: () => import('../activity/view.js'),
  spend: () => import('../spend/view.js'),
  sync: () => import('../sync/view.js'),
  orphans: () => import('../orphans/view.js'),
  cluster: () => import('../cluster/view.js'),
  instance: () => import('../instance/view.js'),
};
