import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { nestLog as log } from '../../test/support/nest-log.js';
import { platformSettings } from '../../test/support/platform-settings.js';
import { SettingsModule } from '../config/settings.module.js';
import { LoggingModule, PlatformLogger } from './logging.module.js';

it('keeps what the framework says of its own start for debugging', async () => {
  log.clear();
  const settings = platformSettings({ NODE_ENV: 'test', LOG_LEVEL: 'debug' });
  const testing = await Test.createTestingModule({
    imports: [SettingsModule.forRoot(settings), LoggingModule.forRoot({ processName: 'test', destination: log })],
  }).compile();
  testing.useLogger(testing.get(PlatformLogger));
  new Logger('RouterExplorer').log('a route');
  new Logger('Ours').log('ours', { id: 7 });
  new Logger('NestApplication').error('Error: listen EADDRNOTAVAIL: address not available 203.0.113.9');
  new Logger('NestApplication').error('something else');
  expect(log.records()).toMatchObject([
    { level: 'debug', context: 'RouterExplorer', msg: 'a route' },
    { level: 'info', context: 'Ours', msg: 'ours', id: 7 },
    { level: 'debug', context: 'NestApplication' },
    { level: 'error', context: 'NestApplication', msg: 'something else' },
  ]);
  await testing.close();
});
