/**
 * Makes these the children of an element, in this order, and moves only those that stand wrong. The focus stays where it
 * is even when what has it is moved, which browsers do not see to.
 *
 * @param {Element} parent
 * @param {readonly Element[]} children
 */
export function arrange(parent, children) {
  const focused = document.activeElement;
  const wanted = new Set(children);
  const leaving = [...parent.children].filter((child) => !wanted.has(child));
  for (const child of leaving) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
