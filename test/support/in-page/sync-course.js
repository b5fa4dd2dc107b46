/**
 * Runs in the page: keeps what the view of the sync shows, state by state, for a test that cannot look as often as a
 * sync changes.
 */
(() => {
  /** @param {Element} section */
  const read = (section) => {
    const bar = section.querySelector('progress');
    return {
      isRunning: bar.checkVisibility(),
      value: bar.value,
      max: bar.max,
      label: bar.labels[0].textContent,
      step: section.querySelector('[aria-current="step"]')?.textContent ?? '',
      resources: Array.from(section.querySelectorAll('ul li'), (line) => line.textContent),
    };
  };
  const course = [];
  let latest = '';
  const look = () => {
    const section = document.querySelector('section.sync');
    if (section === null) return;
    const state = read(section);
    const text = JSON.stringify(state);
    if (text !== latest) course.push(state);
    latest = text;
  };
  look();
  new MutationObserver(look).observe(document.querySelector('main'), {
    attributes: true,
    characterData: true,
    childList: true,
    subtree: true,
  });
  globalThis.syncCourse = course;
})();
