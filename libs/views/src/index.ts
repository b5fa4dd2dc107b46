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
  present,
  renderHold,
  renderInstance,
  renderLifetime,
  renderStanding,
  renderStored,
} from './instance-view.js';
