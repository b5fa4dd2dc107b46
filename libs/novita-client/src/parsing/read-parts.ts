import type { NovitaBillingMode, NovitaEnv, NovitaPortType } from '../novita-types.js';
import { arrayOf, fieldsOf, numberOf, textOf } from './read-value.js';

/** The parts that several resources share. An entry that cannot be read is left out: it does not spoil its owner. */

export function billingModeOf(value: unknown): NovitaBillingMode | null {
  return value === 'onDemand' || value === 'monthly' || value === 'spot' ? value : null;
}

/** http or tcp; udp, which templates may name, is not something that an instance can open. */
export function portTypeOf(value: unknown): NovitaPortType | null {
  return value === 'http' || value === 'tcp' ? value : null;
}

export function portOf(value: unknown): number | null {
  const port = numberOf(value);
  return port !== null && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

export function envsOf(value: unknown): readonly NovitaEnv[] {
  const envs: NovitaEnv[] = [];
  for (const entry of arrayOf(value)) {
    const { key, value: content } = fieldsOf(entry);
    const name = textOf(key);
    if (name !== null) envs.push({ key: name, value: textOf(content) ?? '' });
  }
  return envs;
}
