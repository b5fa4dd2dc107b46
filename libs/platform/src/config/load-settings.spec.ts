import { describe, expect, it } from 'vitest';
import { InvalidSettingsError, loadSection, loadSections } from './load-settings.js';
import { Setting } from './setting.decorator.js';
import { duration, matching, wholeNumber } from './setting-kinds.js';
import { mustBeLonger } from './setting-rules.js';
import { type SettingRule, Settings, type SettingsSection } from './settings.js';

const setting = { group: 'Test', description: 'A setting.', example: '1' };

class Server {
  static readonly rules: readonly SettingRule[] = [];

  @Setting({ ...setting, kind: wholeNumber(0, 65_535), default: '3000' })
  readonly TEST_PORT!: number;

  @Setting({ ...setting, kind: duration('s', 0, 60_000), default: '5s' })
  readonly TEST_TIMEOUT!: number;
}

class Client {
  static readonly rules: readonly SettingRule[] = [mustBeLonger([Client, 'TEST_GRACE'], [Server, 'TEST_TIMEOUT'])];

  @Setting({ ...setting, kind: duration('s', 0, 600_000), default: '10s' })
  readonly TEST_GRACE!: number;

  @Setting({ ...setting, kind: matching(/^\S+$/, 'one word'), default: null, alias: 'test_key', sensitive: true })
  readonly TEST_KEY!: string | null;
}

const load = (environment: NodeJS.ProcessEnv): Settings => loadSections([Server, Client], environment);

function violationsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.violations.map(({ variable }) => variable);
    throw error;
  }
  return [];
}

describe('loadSections', () => {
  it('makes each section of its own variables', () => {
    const settings = load({ TEST_PORT: ' 80 ', TEST_GRACE: '1m' });
    expect(settings.get(Server)).toEqual({ TEST_PORT: 80, TEST_TIMEOUT: 5_000 });
    expect(settings.get(Client)).toEqual({ TEST_GRACE: 60_000, TEST_KEY: null });
    expect([...settings.sections.keys()]).toEqual([Server, Client]);
  });

  it('makes sections that cannot be changed', () => {
    expect(Object.isFrozen(load({}).get(Server))).toBe(true);
    expect(Object.isFrozen(loadSection(Server))).toBe(true);
  });

  it('names the violations of all sections and of the rules between them at once', () => {
    const environment = { TEST_PORT: 'x', TEST_TIMEOUT: '20s', TEST_KEY: 'two words' };
    expect(violationsOf(() => load(environment))).toEqual(['TEST_PORT', 'TEST_KEY', 'TEST_GRACE']);
  });

  it('judges no pair of which one is not valid by itself', () => {
    expect(violationsOf(() => load({ TEST_TIMEOUT: 'off', TEST_GRACE: '0' }))).toEqual(['TEST_TIMEOUT']);
  });

  it('refuses two sections that declare one variable', () => {
    class Twin {
      static readonly rules: readonly SettingRule[] = [];

      @Setting({ ...setting, kind: wholeNumber(0, 1), default: '0' })
      readonly TEST_PORT!: number;
    }
    expect(() => loadSections([Server, Twin], {})).toThrow('TEST_PORT is declared twice');
  });

  it('has no section that was not assembled', () => {
    const settings = loadSections([Server], {});
    const section: SettingsSection = Client;
    expect(() => settings.get(section)).toThrow('Client is not among the sections');
  });

  it('knows the secrets, under either name of their variable, and shows none of them', () => {
    expect(load({ TEST_KEY: 'hunter2' }).secrets).toEqual(['hunter2']);
    expect(load({ TEST_KEY: 'hunter2', test_key: 'hunter3' }).secrets).toEqual(['hunter3']);
    expect(load({}).secrets).toEqual([]);
    expect(JSON.stringify(load({ TEST_KEY: 'hunter2' }))).not.toContain('hunter2');
    expect(() => load({ TEST_KEY: 'hunter2 x' })).toThrow(/TEST_KEY: (?!.*hunter2)/);
  });

  it('cuts a long or multi-line text in the message to one printable line', () => {
    const text = `1\n${'x'.repeat(5_000)}\u0007`;
    expect(() => load({ TEST_PORT: text })).toThrow(/^The settings are not valid:\n {2}TEST_PORT: [^\n]{20,250}$/);
  });

  it.each(['tcp://10.0.0.7:3001', 'udp://[fd00::7]:53', ' tcp://10.0.0.7:3001 '])(
    'takes %s, which Kubernetes sets for a Service of that name, for unset',
    (address) => {
      const settings = load({ TEST_PORT: address, TEST_GRACE: '1m', API_PORT: address });
      expect(settings.get(Server).TEST_PORT).toBe(3_000);
      expect(settings.ignoredVariables).toEqual(['TEST_PORT']);
    },
  );

  it.each(['tcp://10.0.0.7', 'http://10.0.0.7:3001'])(
    'still refuses %s, which only looks like such an address',
    (text) => {
      expect(violationsOf(() => load({ TEST_PORT: text }))).toEqual(['TEST_PORT']);
    },
  );
});

describe('loadSection', () => {
  it('reads one section, without the rules that others have a part in', () => {
    expect(loadSection(Client, { TEST_GRACE: '1s' }).TEST_GRACE).toBe(1_000);
    expect(violationsOf(() => loadSection(Client, { TEST_GRACE: 'x' }))).toEqual(['TEST_GRACE']);
  });
});
