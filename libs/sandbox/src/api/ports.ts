import type { PortSpec, PortType, ToolSpec } from '../catalogue/templates.js';
import { type Json, objects, oneOf, requiredInteger, requiredText } from './fields.js';
import { invalidParameter } from './refusal.js';

/** Ports and tools together. */
const MOST_PORTS = 15;
const HIGHEST_PORT = 65_535;
/** Used by the provider itself. */
const RESERVED: readonly number[] = [2222, 2223, 2224];
const PORT_TYPES: readonly PortType[] = ['tcp', 'http'];

/**
 * Reads the `ports` of a create call: one string such as `80/http,3306/tcp`. (An edit sends objects instead.)
 *
 * @returns an empty list for an empty string
 * @throws Refusal VALIDATOR_PARAM
 */
export function parsePortString(text: string): readonly PortSpec[] {
  if (text.trim() === '') return [];
  return text.split(',').map((entry) => {
    const match = /^(\d{1,5})\/(tcp|http)$/.exec(entry.trim());
    if (match === null) throw invalidParameter(`ports: "${entry.trim()}" is not like 80/http`);
    return { port: allowedPort(Number(match[1])), type: match[2] === 'http' ? 'http' : 'tcp' };
  });
}

/** Reads the port objects of an edit. @throws Refusal VALIDATOR_PARAM */
export function readPortObjects(body: Json): readonly PortSpec[] {
  return objects(body, 'ports', MOST_PORTS).map((item) => ({
    port: allowedPort(requiredInteger(item, 'port')),
    type: oneOf(item, 'type', PORT_TYPES) ?? refuseType(),
  }));
}

/** Reads tools; their port is a string. @throws Refusal VALIDATOR_PARAM */
export function readTools(body: Json): readonly ToolSpec[] {
  return objects(body, 'tools', MOST_PORTS).map((item) => {
    const port = requiredText(item, 'port');
    if (!/^\d{1,5}$/.test(port)) throw invalidParameter(`tools: port "${port}" is not a number`);
    return {
      name: oneOf(item, 'name', ['Jupyter']) ?? refuseType(),
      port: allowedPort(Number(port)),
      type: oneOf(item, 'type', PORT_TYPES) ?? refuseType(),
    };
  });
}

/** @throws Refusal VALIDATOR_PARAM when there are too many, or one comes twice */
export function checkTogether(ports: readonly PortSpec[], tools: readonly PortSpec[]): void {
  const all = [...ports, ...tools];
  if (all.length > MOST_PORTS) throw invalidParameter(`ports and tools must be at most ${MOST_PORTS} together`);
  const distinct = new Set(ports.map(({ port }) => port));
  if (distinct.size !== ports.length) throw invalidParameter('ports: a port comes twice');
}

function allowedPort(port: number): number {
  if (port < 1 || port > HIGHEST_PORT) throw invalidParameter(`ports: ${port} is not between 1 and ${HIGHEST_PORT}`);
  if (RESERVED.includes(port)) throw invalidParameter(`ports: ${port} is reserved`);
  return port;
}

function refuseType(): never {
  throw invalidParameter('ports: type must be tcp or http');
}
