import { describe, expect, it } from 'vitest';
import { thresholdViolation } from '../auto-stop/auto-stop-settings.js';
import { createBody, createViolations, nameViolation } from './create-input.js';

/** @type {import('./create-input.js').CreateForm} */
const FORM = {
  name: 'llama-1',
  templateId: '',
  image: 'nginx:latest',
  productName: 'RTX 4090 24GB',
  productId: '',
  gpuNum: '1',
  region: '',
  billingMode: 'onDemand',
  rootfsSize: '',
  ports: null,
  envs: [],
  command: '',
  autoStop: '',
  thresholdMinutes: '',
  maxLifetimeMinutes: '',
  reportToken: false,
  imageAuthId: '',
  networkStorages: [],
  minCudaVersion: '',
  entrypoint: '',
  webhookUrl: '',
};

describe('what the API is sent', () => {
  it('leaves out what was left empty', () => {
    expect(createBody(FORM)).toEqual({
      name: 'llama-1',
      image: 'nginx:latest',
      productName: 'RTX 4090 24GB',
      gpuNum: 1,
      billingMode: 'onDemand',
    });
  });

  it('holds all that was given', () => {
    expect(
      createBody({
        ...FORM,
        name: ' llama-1 ',
        templateId: '212',
        image: '',
        productId: 'eu',
        gpuNum: '2',
        region: 'EU-01',
        billingMode: 'spot',
        rootfsSize: '80',
        ports: [
          { port: '8080', protocol: 'http' },
          { port: '22', protocol: 'tcp' },
        ],
        envs: [
          { key: 'MODEL', value: ' x ' },
          { key: '', value: '' },
        ],
        command: '--a',
        autoStop: 'on',
        thresholdMinutes: '45',
        maxLifetimeMinutes: ' 480 ',
        reportToken: true,
        imageAuthId: 'r1',
        networkStorages: [
          { id: 's1', mountPoint: '' },
          { id: '', mountPoint: '' },
        ],
        minCudaVersion: '12.4',
        entrypoint: '/bin/sh',
        webhookUrl: 'https://hooks.example.com',
      }),
    ).toEqual({
      name: 'llama-1',
      templateId: '212',
      productId: 'eu',
      gpuNum: 2,
      region: 'EU-01',
      billingMode: 'spot',
      rootfsSize: 80,
      ports: ['8080/http', '22/tcp'],
      envs: [{ key: 'MODEL', value: ' x ' }],
      command: '--a',
      autoStop: { enabled: true, thresholdMinutes: 45 },
      maxLifetimeMinutes: 480,
      reportToken: true,
      imageAuthId: 'r1',
      networkStorages: [{ id: 's1' }],
      minCudaVersion: '12.4',
      entrypoint: '/bin/sh',
      webhookUrl: 'https://hooks.example.com',
    });
  });

  it('distinguishes no ports from ports that nobody chose', () => {
    expect(createBody({ ...FORM, ports: [] })).toMatchObject({ ports: [] });
    expect(createBody(FORM)).not.toHaveProperty('ports');
  });

  it('has no idle time where auto-stop is off', () => {
    expect(createBody({ ...FORM, autoStop: 'off', thresholdMinutes: '20' })).toMatchObject({
      autoStop: { enabled: false },
    });
  });
});

describe('what is said before it is sent', () => {
  /** @param {Partial<import('./create-input.js').CreateForm>} members */
  const pointers = (members) => createViolations({ ...FORM, ...members }, []).map(({ pointer }) => pointer);

  it('is nothing for a form that is right', () => {
    expect(pointers({})).toEqual([]);
    expect(pointers({ templateId: '212', image: '' })).toEqual([]);
  });

  it('names each place', () => {
    expect(pointers({ name: 'a b', image: '', productName: '', rootfsSize: '5' })).toEqual([
      '/name',
      '/image',
      '/productName',
      '/rootfsSize',
    ]);
    expect(pointers({ minCudaVersion: 'new', webhookUrl: 'javascript:alert(1)' })).toEqual([
      '/minCudaVersion',
      '/webhookUrl',
    ]);
    expect(pointers({ networkStorages: [{ id: '', mountPoint: 'data' }] })).toEqual([
      '/networkStorages/0/id',
      '/networkStorages/0/mountPoint',
    ]);
  });

  it('counts rows as they are sent', () => {
    const ports = ['8080', '', '2222', '8080'].map((port) => ({ port, protocol: 'http' }));
    expect(pointers({ ports })).toEqual(['/ports/1', '/ports/2', '/ports/3']);
    const envs = [
      { key: '', value: '' },
      { key: 'A', value: '1' },
      { key: 'A', value: '2' },
      { key: 'B C', value: '' },
      { key: '', value: 'x' },
    ];
    expect(pointers({ envs })).toEqual(['/envs/1/key', '/envs/2/key', '/envs/3/key']);
  });
});

it('takes names of 1 to 200 letters, digits and hyphens', () => {
  for (const name of ['a', 'A-9', 'x'.repeat(200)]) expect(nameViolation(name)).toBe('');
  for (const name of ['', '  ', 'a_b', 'ä', 'x'.repeat(201), '<img>']) expect(nameViolation(name)).not.toBe('');
});

it('takes minutes above 0, fractions allowed, or none', () => {
  for (const minutes of ['', '0.5', '0.125', '1.5', '1.5000', '20', '525600'])
    expect(thresholdViolation(minutes)).toBe('');
  for (const minutes of ['0', '-1', 'x', '525601', '1.000', '1.500', '20.000', '1.000.000', '1,5', '1e3'])
    expect(thresholdViolation(minutes)).not.toBe('');
  for (const minutes of ['-5', '\u22125', ' - 5']) expect(thresholdViolation(minutes)).toContain('above 0');
  expect(thresholdViolation('9'.repeat(400))).toContain('at most');
});
