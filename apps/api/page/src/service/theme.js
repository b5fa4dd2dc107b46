/**
 * Light, dark, or as the system has it: chosen for this browser.
 */

const STORED = 'novita-fleet.theme';

/** @typedef {'auto' | 'light' | 'dark'} Theme */

/** @returns {Theme} */
export function chosenTheme() {
  const stored = localStorage.getItem(STORED);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

/** @param {Theme} theme */
export function chooseTheme(theme) {
  if (theme === 'auto') localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, theme);
  applyTheme();
}

/** Without a choice the system's applies. */
export function applyTheme() {
  const theme = chosenTheme();
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', theme);
}
