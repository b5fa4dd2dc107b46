import { h, setAttribute, setHidden } from './dom.js';

/**
 * Tabs, as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ describes them. What a tab shows is made when it is first shown.
 *
 * @template {string} Name
 * @param {object} options
 * @param {string} options.label
 * @param {readonly {readonly name: Name, readonly text: string, readonly make: (host: HTMLElement) => void}[]} options.tabs
 * @param {Name} options.chosen
 * @param {(name: Name) => void} options.onChoose
 */
export function tabs({ label, tabs: all, chosen, onChoose }) {
  const panel = h('div', { class: 'tab-panels' });
  /** @type {Map<Name, {button: HTMLButtonElement, panel: HTMLElement | null}>} */
  const made = new Map();
  let present = chosen;
  /** @param {Name} name */
  const show = (name) => {
    present = name;
    for (const tab of all) {
      const parts = made.get(tab.name);
      if (parts === undefined) continue;
      const isOn = tab.name === name;
      setAttribute(parts.button, 'aria-selected', String(isOn));
      parts.button.tabIndex = isOn ? 0 : -1;
      if (isOn && parts.panel === null) {
        parts.panel = h('div', {
          class: 'tab-panel',
          id: `panel-${name}`,
          role: 'tabpanel',
          'aria-labelledby': `tab-${name}`,
        });
        panel.append(parts.panel);
        tab.make(parts.panel);
      }
      if (parts.panel !== null) setHidden(parts.panel, !isOn);
    }
  };
  /** @param {KeyboardEvent} event */
  const keydown = (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = all.findIndex(({ name }) => name === present);
    const next = all[(at + step + all.length) % all.length];
    if (next === undefined) return;
    show(next.name);
    onChoose(next.name);
    made.get(next.name)?.button.focus();
  };
  const list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': label, on: { keydown } });
  for (const { name, text } of all) {
    const click = () => {
      if (name === present) return;
      show(name);
      onChoose(name);
    };
    const button = h(
      'button',
      { class: 'tab', type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `panel-${name}`, on: { click } },
      text,
    );
    made.set(name, { button, panel: null });
    list.append(button);
  }
  show(chosen);
  return { element: h('div', { class: 'tabbed' }, list, panel), show };
}
