import { Injectable } from '@nestjs/common';
import { Clock } from './clock.port.js';

@Injectable()
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}
