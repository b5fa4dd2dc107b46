import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { cardCell, cardRow, cardTable, cellNote } from '../ui/card-table.js';
import { fill, h, setHidden, setText } from '../ui/dom.js';
import { formatCount } from '../ui/format.js';
import { figure, viewHead } from '../ui/parts.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { UI } from '../ui/words.js';
import {
  clusterFigures,
  gpusOf,
  phasesOf,
  restOfNodes,
  shortage,
  stateOfKind,
  stateOfNode,
} from './cluster-messages.js';
import { CLUSTER } from './words.js';

/** The cluster that is mirrored: how fresh each kind is, pods by node, and GPUs. */

/**
 * @typedef {import('./cluster-messages.js').Summary} Summary
 * @typedef {import('./cluster-messages.js').State} State
 */

export const title = CLUSTER.title;

const PATH = '/api/v1/kubernetes';
/** The figures are read anew so often while somebody looks. */
const EVERY_MS = 10_000;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, signal } = view;
  /** @type {LiveRead<Summary>} */
  const read = new LiveRead(fleet, PATH, signal);
  const content = clusterContent();
  host.append(
    viewHead(title),
    h('p', { class: 'view-lead' }, CLUSTER.what),
    readView(read, { content: content.element, draw: content.draw, failed: CLUSTER.failed }),
  );
  onTick((nowMs) => {
    tickMoments(host, nowMs);
    if (nowMs - read.readAtMs >= EVERY_MS && !read.state.get().isLoading) void read.read();
  }, signal);
  return { shown: read.read() };
}

function clusterContent() {
  const names = /** @type {const} */ (['pods', 'requested', 'allocatable', 'rented']);
  const figures = names.map((name) => ({ name, own: figure(CLUSTER.figures[name], { data: { figure: name } }) }));
  const short = h('p', { class: 'banner', data: { tone: 'warn' }, hidden: true });
  const { kind, count, asOf, state, node, pods, gpus } = CLUSTER.columns;
  const kinds = cardTable(CLUSTER.kinds, [kind, count, state, asOf]);
  const nodes = cardTable(CLUSTER.nodes, [node, state, pods, gpus]);
  const rest = h('p', { class: 'quiet' });
  const element = h(
    'div',
    { class: 'cluster' },
    h(
      'div',
      { class: 'figures' },
      figures.map(({ own }) => own.element),
    ),
    short,
    h('section', { class: 'stack' }, h('h2', {}, CLUSTER.nodes), nodes.element, rest),
    h('section', { class: 'stack' }, h('h2', {}, CLUSTER.kinds), kinds.element),
  );
  /** @param {Summary} summary */
  const draw = (summary) => {
    const texts = clusterFigures(summary);
    const lack = shortage(summary);
    for (const { name, own } of figures) {
      const { text, note } = texts[name];
      own.show(text, { note, tone: name === 'requested' && lack !== '' ? 'warn' : null });
    }
    setText(short, lack);
    setHidden(short, lack === '');
    const ofNodes = restOfNodes(summary);
    setHidden(nodes.element, summary.nodes.length === 0);
    setText(rest, ofNodes);
    setHidden(rest, ofNodes === '');
    fill(nodes.body, summary.nodes.map(nodeRow));
    fill(kinds.body, summary.kinds.map(kindRow));
  };
  return { element, draw };
}

/** @param {import('./cluster-messages.js').NodeSummary} node */
function nodeRow(node) {
  const { columns } = CLUSTER;
  return cardRow(
    { node: node.name },
    h('td', { role: 'cell', class: 'cluster-name' }, node.name),
    cardCell(columns.state, badge(stateOfNode(node))),
    cardCell(columns.pods, h('span', { class: 'numeric' }, formatCount(node.pods)), cellNote(phasesOf(node))),
    cardCell(columns.gpus, h('span', { class: 'numeric' }, gpusOf(node))),
  );
}

/** @param {import('./cluster-messages.js').KindSummary} summary */
function kindRow(summary) {
  const { kind, count, asOf, error } = summary;
  const { columns } = CLUSTER;
  return cardRow(
    { kind },
    h('td', { role: 'cell', class: 'cluster-name' }, kind),
    cardCell(columns.count, h('span', { class: 'numeric' }, count === null ? UI.notKnown : formatCount(count))),
    cardCell(columns.state, badge(stateOfKind(summary)), error === undefined ? null : cellNote(error)),
    cardCell(columns.asOf, asOf === undefined ? UI.notKnown : moment(asOf)),
  );
}

/** @param {State} state */
function badge({ text, tone }) {
  return h('span', { class: 'badge', data: { tone } }, text);
}
