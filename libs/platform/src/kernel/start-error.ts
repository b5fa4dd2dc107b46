import { resolve } from 'node:path';

/** The process cannot start, and its message says by itself what is to be done: it is printed without a stack. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/**
 * Runs what reads or writes files in DATA_DIR.
 *
 * @throws StartError that names DATA_DIR when the file system refuses
 */
export async function usingDataDir<Value>(dataDir: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new StartError(
      `DATA_DIR="${dataDir}" cannot be used: ${error.code} at ${resolve(error.path ?? dataDir)}. ` +
        'Let the user of this process write there, or set DATA_DIR to a folder where it may.',
      { cause: error },
    );
  }
}

/** @throws StartError that names the setting which makes listening on this address impossible */
export function throwListenError(
  error: unknown,
  variable: 'PORT' | 'WORKER_PORT' | 'WATCHDOG_PORT',
  port: number,
  host: string,
): never {
  const code = isCoded(error) ? error.code : '';
  const options = { cause: error };
  switch (code) {
    case 'EADDRINUSE':
      throw new StartError(
        `${variable}=${port} is taken by another process on ${host}. End it, or set ${variable} to another port; 0 takes any free one.`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
      throw new StartError(
        `${variable}=${port} is not open to the user of this process. Set ${variable} to a port from 1024 on.`,
        options,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
    case 'EAFNOSUPPORT':
      throw new StartError(
        `HOST="${host}" is no address of this machine (${code}). Set HOST to 127.0.0.1, or to 0.0.0.0 for every address. Some shells and tools, such as conda, set HOST to the name of the machine.`,
        options,
      );
    default:
      throw error;
  }
}

function isCoded(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function isFileError(error: unknown): error is Error & { readonly code: string; readonly path?: string } {
  return isCoded(error) && 'syscall' in error;
}
