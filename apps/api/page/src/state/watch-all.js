/**
 * Calls the listener now and after each change of any of the stores.
 *
 * @param {readonly import('./store.js').Store<any>[]} stores
 * @param {() => void} listener
 */
export function watchAll(stores, listener) {
  let isReady = false;
  for (const store of stores) {
    store.watch(() => {
      if (isReady) listener();
    });
  }
  isReady = true;
  listener();
}
