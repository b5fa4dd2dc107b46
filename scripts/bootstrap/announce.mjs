/** Prints one line of progress on standard error, so that standard output stays the program's own. */
export function say(text) {
  process.stderr.write(`novita-fleet: ${text}\n`);
}

/** Ends the process with a message that names the way out. */
export function fail(text) {
  process.stderr.write(`\nnovita-fleet: ${text}\n`);
  process.exit(1);
}
