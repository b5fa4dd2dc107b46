import {
  type ArgumentMetadata,
  BadRequestException,
  type Paramtype,
  type ValidationError,
  ValidationPipe,
} from '@nestjs/common';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { probablyMeant } from '../../kernel/text.js';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { type FieldError, Problem } from './problem.js';

/** More violations than this help nobody; the answer stays small whatever the request was. */
const MAX_VIOLATIONS = 50;
const MAX_NAME_LENGTH = 100;

/**
 * Validates bodies, queries and path parameters against their class-validator classes; unknown members are violations.
 * The answer names what is wrong and never repeats a value.
 */
export function createValidationPipe(): ValidationPipe {
  return new ProblemValidationPipe();
}

/** Carries the violations out of the framework's pipe, which does not say where the value came from. */
class InvalidValueError extends BadRequestException {
  constructor(readonly violations: readonly ValidationError[]) {
    super();
  }
}

class ProblemValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      validationError: { target: true, value: false },
      exceptionFactory: (violations) => new InvalidValueError(violations),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && Array.isArray(value) && metadata.metatype !== Array) {
      throw validationFailed([{ pointer: '', detail: 'must be a JSON object' }]);
    }
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      throw validationFailed(fieldErrors(error.violations, metadata.type));
    }
  }
}

/** The problem for violations in the input, those of one request together. */
export function validationFailed(errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const named = first === undefined ? '' : `: ${first.pointer === '' ? 'the body' : first.pointer} ${first.detail}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new Problem(PLATFORM_PROBLEMS['validation-failed'], {
    detail: `The input is not valid${named}${more}.`,
    errors: errors.slice(0, MAX_VIOLATIONS),
  });
}

function fieldErrors(violations: readonly ValidationError[], source: Paramtype): readonly FieldError[] {
  return violations
    .flatMap((violation) => leaves(violation, []))
    .map(({ path, detail }) => ({ pointer: pointerOf(path, source), detail }));
}

interface Leaf {
  readonly path: readonly string[];
  readonly detail: string;
}

function leaves(violation: ValidationError, parents: readonly string[]): readonly Leaf[] {
  const path = [...parents, violation.property.slice(0, MAX_NAME_LENGTH)];
  // A value that is not of the right type has no members: those that the framework made up for it are nobody's error.
  if (violation.constraints !== undefined) return [{ path, detail: detailOf(violation.constraints, violation) }];
  return (violation.children ?? []).flatMap((child) => leaves(child, path));
}

function detailOf(constraints: Readonly<Record<string, string>>, { property, target }: ValidationError): string {
  if ('whitelistValidation' in constraints) return `is not a known member${suggestionFor(property, target)}`;
  // The last one is that of the decorator that stands first. One sentence for each member: the others of a value of
  // the wrong type would not be true.
  const { nestedValidation = 'is not valid', ...own } = constraints;
  const message = Object.values(own).at(-1) ?? nestedValidation;
  // The library begins its messages with the name of the member, which the pointer says already.
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

/** The member that was meant, when one of the class is spelled much like it. */
function suggestionFor(property: string, target: object | undefined): string {
  if (target === undefined || property.length > MAX_NAME_LENGTH) return '';
  const known = getMetadataStorage()
    .getTargetValidationMetadatas(target.constructor, '', false, false)
    .filter(({ type }) => type !== ValidationTypes.WHITELIST)
    .map(({ propertyName }) => propertyName);
  const near = probablyMeant(property, known);
  return near === null ? '' : `; the nearest is ${near}`;
}

function pointerOf(path: readonly string[], source: Paramtype): string {
  if (source === 'query') return `?${path.join('.')}`;
  if (source === 'param') return `:${path.join('.')}`;
  return jsonPointer(path);
}

/** Where a value stands in a body; long names are cut. https://www.rfc-editor.org/rfc/rfc6901#section-3 */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path
    .map((part) => `/${String(part).slice(0, MAX_NAME_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
