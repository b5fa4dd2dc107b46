export { loadSettings, readSettings } from './fleet-settings.js';
