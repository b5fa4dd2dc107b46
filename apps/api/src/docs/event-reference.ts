import { CONTROL_TYPES, EVENT_TYPES, type EventType, isInstanceType } from '../events/event-types.js';
import { CONTROL_EXAMPLES, CONTROL_MEANINGS, EVENT_EXAMPLES, EVENT_MEANINGS } from '../events/events.examples.js';

const BEGIN = '<!-- reference: generated from the types of events; do not edit -->';
const END = '<!-- end of the reference -->';
/** Of which the instance is shown in full. */
const SHOWN_IN_FULL: EventType = 'instance.ready';

/**
 * The document with its reference as the code says it.
 *
 * @throws Error when it has no place for it
 */
export function withEventReference(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the document has no lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${renderEventReference()}\n\n${document.slice(end)}`;
}

function renderEventReference(): string {
  const events = EVENT_TYPES.map((type) => section(type, EVENT_MEANINGS[type], eventLines(type)));
  const controls = CONTROL_TYPES.map((type) => section(type, CONTROL_MEANINGS[type], controlLines(type)));
  return [`### Events`, ...events, `### What the stream says of itself`, ...controls].join('\n\n');
}

function section(type: string, meaning: string, lines: readonly string[]): string {
  return [`#### ${type}`, '', meaning, '', '```text', ...lines, '```'].join('\n');
}

function eventLines(type: EventType): readonly string[] {
  const example = EVENT_EXAMPLES[type];
  const data = JSON.stringify(example);
  const isShort = isInstanceType(type) && type !== SHOWN_IN_FULL && 'instance' in example;
  return [`id: ${example.id}`, `event: ${type}`, `data: ${isShort ? shortened(example) : data}`];
}

/** The instance cut down to what the event is about. */
function shortened(example: object): string {
  return JSON.stringify(example, (key, value: unknown) => (key === 'instance' ? summaryOf(value) : value)).replace(
    '"…":"…"',
    '…',
  );
}

function summaryOf(instance: unknown): object {
  const { id, name, status, desired, revision } = instance as Readonly<Record<string, unknown>>;
  return { id, name, status, desired, revision, '…': '…' };
}

function controlLines(type: (typeof CONTROL_TYPES)[number]): readonly string[] {
  const example = CONTROL_EXAMPLES[type];
  const data = JSON.stringify(example, (key, value: unknown) => (key === 'instances' ? [] : value));
  const hasId = type === 'connected' || type === 'list';
  return [
    ...(hasId ? [`id: ${EVENT_EXAMPLES['instance.created'].id}`] : []),
    `event: ${type}`,
    `data: ${data.replace('"instances":[]', '"instances":[…]')}`,
  ];
}
