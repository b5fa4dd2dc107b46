import { viewHead } from '../ui/parts.js';
import { overviewView } from './overview.js';
import { OVERVIEW } from './words.js';

/** The fleet in figures and in charts of the last hours. */

export const title = OVERVIEW.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet } = view;
  const { element, age } = overviewView(view);
  host.append(viewHead(title, age), element);
  return { shown: Promise.all([fleet.readFigures(), fleet.readSync()]) };
}
