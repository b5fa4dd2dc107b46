import { describe, expect, it } from 'vitest';
import { ArgumentError, readArguments } from './arguments.js';

describe('readArguments', () => {
  it('has a default for everything', () => {
    expect(readArguments([])).toEqual({
      port: 4010,
      host: '127.0.0.1',
      instances: 25,
      seed: 1,
      speed: 1,
      storageCreateAnswer: 'string',
      kubernetesPort: null,
      pods: 50,
    });
  });

  it('reads every argument', () => {
    const argv = [
      '--port',
      '0',
      '--host',
      '::1',
      '--instances=100000',
      '--seed',
      '7',
      '--speed',
      '2.5',
      '--storage-answer',
      'object',
      '--kubernetes-port',
      '4011',
      '--pods=7',
    ];
    expect(readArguments(argv)).toEqual({
      port: 0,
      host: '::1',
      instances: 100_000,
      seed: 7,
      speed: 2.5,
      storageCreateAnswer: 'object',
      kubernetesPort: 4011,
      pods: 7,
    });
  });

  it.each<[string, string[]]>([
    ['--port', ['--port', '65536']],
    ['--port', ['--port', 'http']],
    ['--instances', ['--instances', '-1']],
    ['--instances', ['--instances', '1.5']],
    ['--instances', ['--instances', '1000001']],
    ['--seed', ['--seed', '']],
    ['--speed', ['--speed', 'fast']],
    ['--speed', ['--speed', '-1']],
    ['--storage-answer', ['--storage-answer', 'list']],
    ['--kubernetes-port', ['--kubernetes-port', 'http']],
    ['--pods', ['--kubernetes-port', '0', '--pods', '100001']],
    ['--kubernetes-port', ['--pods', '5']],
    ['--colour', ['--colour', 'red']],
    ['--port', ['--port']],
    ['extra', ['extra']],
  ])('refuses a bad %s, naming it', (name, argv) => {
    expect(() => readArguments(argv)).toThrow(ArgumentError);
    expect(() => readArguments(argv)).toThrow(name);
  });
});
