import { Expose, Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { Fault, type SettingKind } from './setting-kinds.js';

export const SETTING_GROUPS = [
  'Process',
  'HTTP API',
  'Novita',
  'Redis',
  'Instances',
  'Sync',
  'Migration',
  'Auto-stop',
  'Spend',
  'Shutdown',
] as const;
type SettingGroup = (typeof SETTING_GROUPS)[number];

/** The texts of the variables declared so far, defaults included. */
export type ResolvedTexts = Readonly<Record<string, string | undefined>>;

/** A default that follows from variables declared earlier in the class. */
interface DerivedDefault {
  readonly text: string;
  readonly from: (resolved: ResolvedTexts) => string;
}

export interface SettingOptions {
  readonly kind: SettingKind<unknown>;
  readonly group: SettingGroup;
  readonly description: string;
  /** As it would stand in the environment; null when there is none. */
  readonly default: string | null | DerivedDefault;
  readonly example: string;
  /** Another name of the variable, which wins. */
  readonly alias?: string;
  /** Its value is never printed. */
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
      { name: 'setting', validator: { validate: (value: unknown) => !(value instanceof Fault) } },
      { message: ({ value }) => (value instanceof Fault ? value.problem : '') },
    )(target, property);
  };
}

/** Every variable that a class declares, in the order of declaration. */
export function settingsOf(type: { readonly prototype: object }): readonly SettingMetadata[] {
  return [...(declared.get(type.prototype)?.values() ?? [])];
}
