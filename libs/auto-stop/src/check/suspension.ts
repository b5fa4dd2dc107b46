import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { AutoStopOptions, pictureAge } from '../auto-stop-options.js';
import { isSuspended } from '../policy/evaluate.js';
import { suspensionWords } from '../policy/reasons.js';
import { FleetPicture } from './fleet-picture.port.js';

/** Tells whether nothing at all may be stopped at present. Costs no round trip. */
@Injectable()
export class Suspension {
  constructor(
    private readonly fleet: FleetPicture,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /** In words; null when it is not so, or auto-stop is switched off. */
  reason(): string | null {
    if (!this.options.rules.enabled) return null;
    const picture = pictureAge(this.fleet, this.options);
    const now = this.clock.now();
    return isSuspended(picture, now) ? suspensionWords(picture, now) : null;
  }
}
