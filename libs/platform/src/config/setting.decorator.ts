import { Expose, Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { type SettingKind, Violation } from './setting-kinds.js';

/** The texts of the variables declared so far, defaults included. */
export type ResolvedTexts = Readonly<Record<string, string | undefined>>;

/** A default that follows from variables that are declared earlier in the class, or in a section assembled earlier. */
interface DerivedDefault {
  readonly text: string;
  readonly from: (resolved: ResolvedTexts) => string;
}

export interface SettingOptions {
  readonly kind: SettingKind<unknown>;
  /** The heading under which the documents show it. */
  readonly group: string;
  readonly description: string;
  /** As it would stand in the environment; null when there is none. */
  readonly default: string | null | DerivedDefault;
  readonly example: string;
  /** Another name of the variable, which wins. */
  readonly alias?: string;
  /** Its value is never printed, and what `kind.secretsIn` finds in it is taken out of every log record. */
  readonly sensitive?: boolean;
}

export interface SettingMetadata extends SettingOptions {
  readonly variable: string;
}

const declared = new WeakMap<object, Map<string, SettingMetadata>>();

/** Declares that a property is read from the environment variable of the same name. */
export function Setting(options: SettingOptions): PropertyDecorator {
  return (target, property) => {
    const variable = String(property);
    const settings = declared.get(target) ?? new Map<string, SettingMetadata>();
    declared.set(target, settings.set(variable, { ...options, variable }));
    Expose()(target, property);
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? options.kind.parse(value) : (options.kind.whenUnset ?? null),
    )(target, property);
    ValidateBy(
      { name: 'setting', validator: { validate: (value: unknown) => !(value instanceof Violation) } },
      { message: ({ value }) => (value instanceof Violation ? value.problem : '') },
    )(target, property);
  };
}

/** Every variable that a class declares, in the order of declaration. */
export function settingsOf(type: { readonly prototype: object }): readonly SettingMetadata[] {
  return [...(declared.get(type.prototype)?.values() ?? [])];
}
