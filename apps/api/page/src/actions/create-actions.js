/**
 * @param {Omit<import('../app/context.js').AppContext, 'actions'>} _parts
 * @returns {import('../app/context.js').Actions}
 */
export function createActions(_parts) {
  throw new Error('made by the part of the actions');
}
