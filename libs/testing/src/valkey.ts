import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The valkey-server of this machine: VALKEY_SERVER_BIN, else the one on the PATH, else null. */
export function valkeyServer(): string | null {
  const given = process.env['VALKEY_SERVER_BIN'];
  if (given !== undefined && given !== '') return given;
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'valkey-server'));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
