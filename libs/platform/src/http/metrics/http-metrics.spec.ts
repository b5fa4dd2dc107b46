import { MemoryLog } from '@app/testing';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformSettings } from '../../../test/support/platform-settings.js';
import { PlatformModule } from '../../platform.module.js';
import { createHttpAdapter } from '../server/platform-adapter.js';
import { MetricsRegistry } from './metrics-registry.js';

@Controller('things')
class ThingController {
  @Get(':id')
  read(@Param('id') id: string): string {
    return id;
  }
}

@Module({
  imports: [
    PlatformModule.forRoot({
      processName: 'test',
      settings: platformSettings({ NODE_ENV: 'test' }),
      logDestination: new MemoryLog(),
    }),
  ],
  controllers: [ThingController],
})
class TestModule {}

describe('HttpMetrics', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(TestModule, createHttpAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());

  it('count by route pattern, so that ids make no series', async () => {
    await app.inject({ url: '/things/1' });
    await app.inject({ url: '/things/2?x=1' });
    await app.inject({ url: '/nowhere/3' });
    await app.inject({ url: '/nowhere/4' });
    const counts = (await app.get(MetricsRegistry).metrics())
      .split('\n')
      .filter((line) => line.startsWith('http_request_duration_seconds_count'));
    expect(counts).toEqual([
      'http_request_duration_seconds_count{method="GET",route="/things/:id",status="2xx"} 2',
      'http_request_duration_seconds_count{method="GET",route="none",status="4xx"} 2',
    ]);
  });

  it('end in _total only where they count', async () => {
    const registry = app.get(MetricsRegistry);
    await registry.metrics();
    const types = (await registry.metrics()).split('\n').filter((line) => line.startsWith('# TYPE '));
    const misnamed = types.filter((line) => line.includes('_total ') !== line.endsWith(' counter'));
    expect(misnamed).toEqual([]);
  });

  it('measure the process itself from the first reading on', async () => {
    const registry = app.get(MetricsRegistry);
    await registry.metrics();
    expect(await registry.metrics()).toContain('process_resident_memory_bytes');
  });
});
