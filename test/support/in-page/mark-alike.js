/**
 * Runs in the page: marks each part that has the looks of one before it, such as a cell of two rows in the same state. Both
 * are made of the same elements with the same classes and states, in places that are alike, and differ in what they say.
 */
(() => {
  const MARK = 'data-looks-alike';
  /** What an element says, leads to, or is. */
  const SAID = new Set(
    `id href title datetime value name for aria-label aria-labelledby aria-describedby
    data-id data-run data-event data-orphan data-endpoint data-usd ${MARK}`.split(/\s+/),
  );
  const STATES = [':checked', ':disabled', ':focus', ':hover'];
  /** @param {Element} element */
  const ownLooks = (element) => {
    const attributes = Array.from(element.attributes, ({ name, value }) => (SAID.has(name) ? '' : `${name}=${value}`));
    const states = STATES.filter((state) => element.matches(state));
    const says = Array.from(element.childNodes).some(({ nodeType, data }) => nodeType === 3 && data.trim() !== '');
    return [element.localName, ...attributes.filter((text) => text !== '').toSorted(), ...states, says].join(' ');
  };
  const present = new Set();
  /**
   * @param {Element} element
   * @param {string} place the looks of all that it is in
   * @returns {string} its own, with those of all that is in it
   */
  const mark = (element, place) => {
    const own = ownLooks(element);
    const inside = Array.from(element.children, (child) => mark(child, `${place}/${own}`));
    const looks = `<${own}>${inside.join('')}</>`;
    element.toggleAttribute(MARK, present.has(`${place}/${looks}`));
    present.add(`${place}/${looks}`);
    return looks;
  };
  mark(document.body, '');
})();
