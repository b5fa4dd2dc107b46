import type { Template, TemplatePorts } from '../catalogue/templates.js';
import { readEnvs } from './create-instance.js';
import {
  type Json,
  objects,
  oneOf,
  optionalInteger,
  optionalText,
  requiredInteger,
  requiredObject,
  requiredText,
} from './fields.js';
import { type Listing, listingOf } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { readWindow } from './paging.js';
import { invalidParameter, notFound, Refusal } from './refusal.js';

/** `channel` may be a comma list; it and `isMyCommunity` are documented as required and are not. */
export function listTemplates({ query }: ApiRequest, { world, firstPage }: ApiContext): Answer {
  const channels = (query.get('channel') ?? '').split(',').filter((channel) => channel !== '');
  const type = query.get('type') ?? '';
  const name = (query.get('name') ?? '').toLowerCase();
  const templates = [...world.account.templates.values()].filter(
    (template) =>
      (channels.length === 0 || channels.includes(template.channel)) &&
      (type === '' || template.type === type) &&
      template.name.toLowerCase().includes(name),
  );
  const window = readWindow(query, 'pageNum', firstPage);
  const listing: Listing = {
    ...listingOf('template', templates.map(templateJson), window),
    envelope: (items, total) =>
      `{"template":${items},"total":${total},"pageSize":${window.size},"pageNum":${pageNumber(query)}}`,
  };
  return list(listing);
}

export function getTemplate({ query }: ApiRequest, { world }: ApiContext): Answer {
  return json({ template: templateJson(findTemplate(world, query.get('templateId') ?? '')) });
}

/** A private template of one's own. */
export function createTemplate({ body }: ApiRequest, { world }: ApiContext): Answer {
  const input = requiredObject(body, 'template');
  const template = readTemplate(input, world.account.nextTemplateId(), Math.floor(world.clock.realNow() / 1_000));
  world.account.templates.set(template.Id, template);
  return json({ templateId: template.Id });
}

/** Sent by two clients, without a page of its own in the documents. */
export function updateTemplate({ body }: ApiRequest, { world }: ApiContext): Answer {
  const input = requiredObject(body, 'template');
  const present = findOwnTemplate(world, requiredText(input, 'Id'));
  world.account.templates.set(present.Id, readTemplate(input, present.Id, present.createdAt));
  return json({});
}

export function deleteTemplate({ body }: ApiRequest, { world }: ApiContext): Answer {
  const { Id } = findOwnTemplate(world, requiredText(body, 'templateId'));
  world.account.templates.delete(Id);
  return json({ templateId: Id });
}

function readTemplate(input: Json, id: string, createdAt: number): Template {
  const channel = oneOf(input, 'channel', ['private', 'community']) ?? missing('channel');
  return {
    Id: id,
    name: requiredText(input, 'name', { max: 255 }),
    readme: optionalText(input, 'readme', { max: 102_400 }) ?? '',
    type: oneOf(input, 'type', ['instance', 'serverless']) ?? missing('type'),
    channel,
    image: requiredText(input, 'image', { max: 500 }),
    imageAuth: optionalText(input, 'imageAuth', { max: 255 }) ?? '',
    startCommand: optionalText(input, 'startCommand', { max: 2_047 }) ?? '',
    entrypoint: optionalText(input, 'entrypoint', { max: 2_047 }) ?? '',
    rootfsSize: requiredInteger(input, 'rootfsSize', { min: 1 }),
    ports: objects(input, 'ports', 30).map(readPorts),
    volumes: objects(input, 'volumes', 30).map((volume) => ({
      type: optionalText(volume, 'type') ?? 'local',
      size: optionalInteger(volume, 'size', { min: 0 }) ?? 0,
      mountPath: optionalText(volume, 'mountPath') ?? '/workspace',
    })),
    envs: readEnvs(input),
    tools: [],
    minCudaVersion: optionalText(input, 'minCudaVersion', { max: 255 }) ?? '',
    createdAt,
  };
}

function readPorts(group: Json): TemplatePorts {
  const type = oneOf(group, 'type', ['http', 'tcp', 'udp']) ?? missing('ports.type');
  const ports = group['ports'];
  if (!Array.isArray(ports) || ports.length > 10) throw invalidParameter('ports.ports must be at most 10 numbers');
  return {
    type,
    ports: ports.map((port: unknown) => {
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
        throw invalidParameter(`ports: ${JSON.stringify(port)} is not a port`);
      }
      return port;
    }),
  };
}

function templateJson(template: Template) {
  const { createdAt, ...rest } = template;
  return { ...rest, createdAt: String(createdAt), recommendCards: [] };
}

function findTemplate(world: ApiContext['world'], id: string): Template {
  const template = world.account.templates.get(id);
  if (template === undefined) throw notFound('template', 'TEMPLATE_NOT_FOUND');
  return template;
}

function findOwnTemplate(world: ApiContext['world'], id: string): Template {
  const template = findTemplate(world, id);
  if (template.channel === 'official') throw new Refusal(403, 'FORBIDDEN', 'not your template');
  return template;
}

function pageNumber(query: URLSearchParams): number {
  const text = query.get('pageNum') ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function missing(key: string): never {
  throw invalidParameter(`${key} is required`);
}
