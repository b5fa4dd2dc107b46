export {
  changeData,
  type EventBodyOptions,
  type EventData,
  eventBody,
  eventData,
  fleetEventData,
} from './event-body.js';
export {
  autoStopAt,
  type InstanceBody,
  idleClockOf,
  idleSince,
  renderInstance,
  renderStanding,
  renderStored,
} from './instance-view.js';
export { present } from './present.js';
