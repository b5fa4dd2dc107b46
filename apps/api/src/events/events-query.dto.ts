import { type FieldError, nearest } from '@app/platform';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsString } from 'class-validator';
import type { Checked } from '../http/checked.js';
import { IsQueryText } from '../http/input-rules.js';
import { Optional } from '../http/optional.decorator.js';
import { splitList } from '../http/split-list.js';
import { LAST_EVENT_ID_QUERY } from '../sse/last-event-id.js';
import { EVENT_FAMILIES, EVENT_TYPES, type EventType, isInstanceType, typesNamed } from './event-types.js';

const MAX_TYPES = 50;
const MAX_FOLLOWED_INSTANCES = 100;
/** Nothing that is longer was meant to be one of the types. */
const LONGEST_TYPE = 40;

export class EventsQuery implements Checked {
  @ApiPropertyOptional({
    type: String,
    description: `Any of the types, separated by commas, or all that begin alike: ${EVENT_FAMILIES.map((name) => `\`${name}\``).join(', ')}. Absent for all.`,
    example: 'instance.ready,instance.failed,sync.*',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @ArrayMaxSize(MAX_TYPES, { message: `must be at most ${MAX_TYPES} types` })
  @IsString({ each: true, message: 'must be types of events, separated by commas' })
  types?: string[];

  @ApiPropertyOptional({
    type: String,
    description: `Ids of instances, ours or Novita's, separated by commas, at most ${MAX_FOLLOWED_INSTANCES}: only events of these come.`,
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @ArrayMaxSize(MAX_FOLLOWED_INSTANCES, { message: `must be at most ${MAX_FOLLOWED_INSTANCES} ids` })
  @ArrayUnique({ message: 'must name each instance once' })
  @IsString({ each: true, message: 'must be ids of instances, separated by commas' })
  instance?: string[];

  @ApiPropertyOptional({ ...LAST_EVENT_ID_QUERY })
  @Optional()
  @IsQueryText({ max: 100 })
  lastEventId?: string;

  faults(): readonly FieldError[] {
    const unknown = (this.types ?? []).flatMap((name, index) =>
      typesNamed(name) === null ? [faultOf(name, index)] : [],
    );
    if (unknown.length > 0) return unknown;
    const types = this.namedTypes();
    if (this.instance === undefined || types === null || [...types].some(isInstanceType)) return [];
    return [{ pointer: '?types', detail: 'leaves nothing to come: with `instance`, only events of instances do' }];
  }

  /** Null for all. */
  namedTypes(): ReadonlySet<EventType> | null {
    return this.types === undefined ? null : new Set(this.types.flatMap((name) => typesNamed(name) ?? []));
  }
}

function faultOf(name: string, index: number): FieldError {
  const [near] = name.length > LONGEST_TYPE ? [] : nearest(name, [...EVENT_TYPES, ...EVENT_FAMILIES], 1);
  const hint =
    near === undefined || name === ''
      ? `those are ${EVENT_FAMILIES.join(', ')} and their members`
      : `the nearest is ${near}`;
  return { pointer: '?types', detail: `entry ${index + 1} is no type of event; ${hint}` };
}
