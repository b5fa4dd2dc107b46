import { createValidationPipe, validationFailed } from '@app/platform';
import type { PipeTransform, Type } from '@nestjs/common';
import { isChecked } from './checked.js';

const VALIDATION = createValidationPipe();

/**
 * Turns a body or a query into an instance of its input class, or refuses it with its faults. Bound to single
 * parameters, not to the whole application: a route without such input pays nothing for it.
 */
export class Validated<Input extends object> implements PipeTransform<unknown, Promise<Input>> {
  /** @param whenAbsent what a missing body stands for */
  constructor(
    private readonly type: Type<Input>,
    private readonly place: 'body' | 'query' = 'body',
    private readonly whenAbsent: 'refuse' | 'empty' = 'refuse',
  ) {}

  /** @throws Problem `validation-failed` */
  async transform(value: unknown): Promise<Input> {
    // The quick way for a command without a body.
    if ((value === undefined || value === null) && this.whenAbsent === 'empty') return new this.type();
    if (this.place === 'body' && (typeof value !== 'object' || value === null)) {
      throw validationFailed([{ pointer: '', detail: 'must be a JSON object' }]);
    }
    const input = (await VALIDATION.transform(value, { type: this.place, metatype: this.type })) as Input;
    const faults = isChecked(input) ? input.faults() : [];
    if (faults.length > 0) throw validationFailed(faults);
    return input;
  }
}
