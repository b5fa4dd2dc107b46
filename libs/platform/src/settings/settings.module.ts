import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { loadSettings } from './load-settings.js';
import { Settings } from './settings.js';

/** Under one name that is no environment variable: a plain object of values would be written back to `process.env`. */
const CONFIG_KEY = 'settings';

@Global()
@Module({})
export class SettingsModule {
  /**
   * Provides `Settings`: the given ones, else those of the environment and of a `.env` file in the working directory.
   * @throws InvalidSettingsError (by the promise)
   */
  static async forRoot(given?: Settings): Promise<DynamicModule> {
    const config = await ConfigModule.forRoot({
      ignoreEnvFile: given !== undefined,
      validate: (environment) => ({ [CONFIG_KEY]: given ?? loadSettings(environment) }),
    });
    return {
      module: SettingsModule,
      imports: [config],
      providers: [
        {
          provide: Settings,
          useFactory: (service: ConfigService) => service.getOrThrow<Settings>(CONFIG_KEY),
          inject: [ConfigService],
        },
      ],
      exports: [Settings],
    };
  }
}

/**
 * The settings of the environment and of `.env`, for what has to be decided before the application is made.
 * @param overrides win over both
 * @throws InvalidSettingsError
 */
export async function readSettings(overrides: NodeJS.ProcessEnv = {}): Promise<Settings> {
  const loaded: Settings[] = [];
  await ConfigModule.forRoot({
    validate: (environment) => {
      loaded.push(loadSettings({ ...environment, ...overrides }));
      return {};
    },
  });
  const [settings] = loaded;
  if (settings === undefined) throw new Error('the settings were not read');
  return settings;
}
