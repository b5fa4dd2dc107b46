/**
 * Runs in the page: marks each part that has the looks of one before it beside it, such as the second of two rows in the
 * same state. Both are made of the same elements with the same classes and states, and differ in what they say.
 */
(() => {
  const MARK = 'data-looks-alike';
  /** What an element says, leads to, or is. */
  const SAID = new Set(
    [
      'id',
      'href',
      'title',
      'datetime',
      'value',
      'name',
      'for',
      'aria-label',
      'aria-labelledby',
      'aria-describedby',
    ].concat(['data-id', 'data-run', 'data-event', 'data-orphan', 'data-endpoint', 'data-usd', MARK]),
  );
  const STATES = [':checked', ':disabled', ':focus', ':hover'];
  /** @param {Element} element */
  const ownLooks = (element) => {
    const attributes = Array.from(element.attributes, ({ name, value }) => (SAID.has(name) ? '' : `${name}=${value}`));
    const states = STATES.filter((state) => element.matches(state));
    const says = Array.from(element.childNodes).some(({ nodeType, data }) => nodeType === 3 && data.trim() !== '');
    return [element.localName, ...attributes.filter((text) => text !== '').toSorted(), ...states, says].join(' ');
  };
  /** @param {Element} element @returns {string} its looks with all that is in it */
  const mark = (element) => {
    const present = new Set();
    const children = Array.from(element.children, (child) => {
      const looks = mark(child);
      child.toggleAttribute(MARK, present.has(looks));
      present.add(looks);
      return looks;
    });
    return `<${ownLooks(element)}>${children.join('')}</>`;
  };
  mark(document.body);
})();
