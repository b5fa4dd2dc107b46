/** How savings are reckoned, for whoever reads the sums. */
export const SAVED_METHOD =
  'The price per hour of each instance that auto-stop has stopped, times the time for which it was stopped because of that.';
