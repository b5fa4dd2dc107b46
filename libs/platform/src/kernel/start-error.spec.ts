import { describe, expect, it } from 'vitest';
import { StartError, throwListenError, usingDataDir } from './start-error.js';

const failure = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more });

function messageOf(error: Error): string {
  try {
    throwListenError(error, 'WORKER_PORT', 80, 'x86_64-conda-linux-gnu');
  } catch (thrown) {
    if (thrown instanceof StartError) return thrown.message;
    throw thrown;
  }
}

describe('an address that cannot be listened on', () => {
  it.each([
    ['EADDRINUSE', /^WORKER_PORT=80 is taken by another process/],
    ['EACCES', /^WORKER_PORT=80 is not open to the user .* 1024/],
    [
      'ENOTFOUND',
      /^HOST="x86_64-conda-linux-gnu" is no address of this machine \(ENOTFOUND\)\. Set HOST to 127\.0\.0\.1/,
    ],
    ['EADDRNOTAVAIL', /^HOST=.* is no address of this machine/],
  ])('%s names the setting and what to do', (code, words) => {
    expect(messageOf(failure(code))).toMatch(words);
  });

  it('leaves any other error as it is', () => {
    expect(() => messageOf(new TypeError('odd'))).toThrow(TypeError);
  });
});

describe('usingDataDir', () => {
  it.each(['EACCES', 'EROFS', 'ENOTDIR', 'ENOSPC'])('names DATA_DIR at %s', async (code) => {
    const work = (): Promise<never> => Promise.reject(failure(code, { syscall: 'open', path: '/x/.data/key' }));
    await expect(usingDataDir('/x/.data', work)).rejects.toThrow(
      `DATA_DIR="/x/.data" cannot be used: ${code} at /x/.data/key. Let the user`,
    );
    await expect(usingDataDir('/x/.data', work)).rejects.toBeInstanceOf(StartError);
  });

  it('leaves any other error as it is', async () => {
    await expect(usingDataDir('/x', () => Promise.reject(new TypeError('odd')))).rejects.toThrow(TypeError);
  });
});
