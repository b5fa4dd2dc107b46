/**
 * Settings are declared in sections, one class for what one feature can be set to (`*.settings.ts`), and assembled by the
 * applications (libs/settings). A module injects the section that it reads.
 */

/** A class of settings: each property is declared by `@Setting` and has the name of its environment variable. */
export interface SettingsSection<Section extends object = object> {
  new (): Section;
  /** Rules between settings, in this section or in those of libraries that it may import. */
  readonly rules: readonly SettingRule[];
}

/** A rule between settings that are each valid alone. Made by `ruleBetween` and by what stands on it. */
export interface SettingRule {
  /** The variables that it judges; it is skipped while one of them is not valid by itself. */
  readonly variables: readonly string[];
  readonly check: (settings: Settings) => SettingViolation | null;
}

export interface SettingViolation {
  readonly variable: string;
  /** The violation; holds no secret. */
  readonly problem: string;
  readonly accepted: string;
}

/** All sections of a process, validated together. Made by `loadSections`, which freezes each section. */
export class Settings {
  // Private to the language, so that a log record that holds the settings holds no secret.
  readonly #sections: ReadonlyMap<SettingsSection, object>;
  readonly #secrets: readonly string[];

  constructor(
    sections: ReadonlyMap<SettingsSection, object>,
    secrets: readonly string[],
    /** The variables that hold the address of a Kubernetes Service, and so count as unset. */
    readonly ignoredVariables: readonly string[],
  ) {
    this.#sections = sections;
    this.#secrets = secrets;
  }

  /** @throws Error for a section that was not assembled */
  get<Section extends object>(section: SettingsSection<Section>): Section {
    const loaded = this.#sections.get(section);
    if (loaded instanceof section) return loaded;
    throw new Error(`${section.name} is not among the sections that were assembled`);
  }

  /** Each section by its class. */
  get sections(): ReadonlyMap<SettingsSection, object> {
    return this.#sections;
  }

  /** The texts that may never be written anywhere, such as keys and passwords. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }
}
