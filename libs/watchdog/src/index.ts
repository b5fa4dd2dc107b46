export { FleetApi } from './fleet-api.js';
export { Notices } from './notices.js';
export { WatchFile } from './watch-file.js';
export { Watchdog } from './watchdog.js';
export { WatchdogModule } from './watchdog.module.js';
export { WatchdogSettings } from './watchdog.settings.js';
export { WatchdogMetrics } from './watchdog-metrics.js';
export { MemoryWatchdogPresence, WatchdogPresence } from './watchdog-presence.js';
