/**
 * The families of a Prometheus text whose name holds what was typed; a family is its help, its type and its samples, and
 * an empty line stands before the next.
 *
 * @param {string} text
 * @param {string} part
 */
export function filteredMetrics(text, part) {
  const wanted = part.trim().toLowerCase();
  const families = text.split(/\n\s*\n/).filter((family) => family.trim() !== '');
  const kept = families.filter((family) => nameOf(family).includes(wanted));
  return { lines: kept.join('\n\n').trim().split('\n'), families: kept.length };
}

/** @param {string} family */
function nameOf(family) {
  return (/^# (?:HELP|TYPE) (\S+)/m.exec(family)?.[1] ?? family.trim()).toLowerCase();
}
