/**
 * Members whose texts are shown: ids, times and words of ours. A text under any other name may be a secret: a variable, a
 * password, a webhook's secret, an address with a token in it, a command.
 */
const SHOWN: ReadonlySet<string> = new Set([
  'id',
  'instanceId',
  'novitaInstanceId',
  'endpointId',
  'eventId',
  'productId',
  'marker',
  'replayOf',
  'crc',
  'kind',
  'type',
  'line',
  'status',
  'novitaStatus',
  'state',
  'origin',
  'source',
  'billingMode',
  'protocol',
  'code',
  'at',
  'created',
  'started',
  'ready',
  'stopping',
  'stopped',
  'terminated',
  'migrated',
  'createdAt',
  'observedAt',
  'confirmedAt',
  'startedAt',
  'lastCommandAt',
  'nextReconcileAt',
  'startupBy',
  'purgeAt',
  'usedAt',
  'result',
]);
/** What ids, times and words of ours are made of; a text that holds anything else is not shown under any name. */
const PLAIN = /^[\w.:+-]{0,64}$/;
const NAME = /^[A-Za-z_]\w{0,39}$/;
const HIDDEN = '***';
/** A string that ends, one that is cut off, a mark of JSON, blank space, or a run of anything else. */
const TOKEN = /"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*\\?$|[{}[\],:]|\s+|[^"{}[\],:\s]+/gs;
const WORD = /^(?:true|false|null|-?\d{1,15}(?:\.\d{1,6})?)$/;

/**
 * A stored text as it may be kept and shown: its marks, the names of its members, their numbers, and the texts of those in
 * `SHOWN`; the rest is `***`. It need not be JSON, nor whole: what is not certainly one of these is hidden, so a text whose
 * beginning was cut off within a string, by which strings and what is between them change places, shows no more.
 */
export function redacted(text: string): string {
  let shown = '';
  let member: string | null = null;
  /** The mark or word before, without blank space. */
  let before = '';
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token);
  for (const [place, token] of tokens.entries()) {
    if (/^\s/.test(token)) {
      shown += token;
      continue;
    }
    if (token.length === 1 && '{}[],:'.includes(token)) {
      if (token !== ':') member = null;
      shown += token;
    } else if (token.startsWith('"')) {
      const content = token.slice(1, -1);
      const isMember = (before === '{' || before === ',') && nextMark(tokens, place) === ':' && NAME.test(content);
      const isWhole = token.length > 1 && token.endsWith('"');
      if (isMember) member = content;
      const mayShow = isMember || (before === ':' && member !== null && SHOWN.has(member) && PLAIN.test(content));
      shown += isWhole && mayShow ? token : `"${HIDDEN}"`;
    } else {
      const mayShow = before === ':' && member !== null && WORD.test(token);
      shown += mayShow ? token : HIDDEN;
    }
    before = token.length === 1 ? token : token.startsWith('"') ? '"' : 'word';
  }
  return shown;
}

function nextMark(tokens: readonly string[], place: number): string | undefined {
  const next = tokens[place + 1];
  return next !== undefined && /^\s/.test(next) ? tokens[place + 2] : next;
}

/** The beginning of a text, so many bytes at most. */
export function cutTo(text: string, bytes: number): string {
  // A character takes three bytes at most, and a pair of surrogates four.
  if (text.length * 3 <= bytes) return text;
  const encoded = Buffer.from(text.slice(0, bytes), 'utf8');
  if (encoded.length <= bytes && text.length <= bytes) return text;
  let end = Math.min(bytes, encoded.length);
  // Not within a character: all its bytes but the first begin with the bits 10.
  while (end > 0 && end < encoded.length && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.subarray(0, end).toString('utf8');
}
