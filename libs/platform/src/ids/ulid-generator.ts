import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { IdGenerator } from './id-generator.port.js';

@Injectable()
export class UlidGenerator extends IdGenerator {
  override ulid(): string {
    return ulid();
  }
}
