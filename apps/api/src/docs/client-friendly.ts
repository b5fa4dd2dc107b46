import type { OpenAPIObject } from '@nestjs/swagger';

type Node = Readonly<Record<string, unknown>>;

/** Units of which there are parts, at the end of a name: dollars, minutes, shares, percentages. Everything else is counted. */
const HAS_PARTS = /(?:usd|perHour|minutes|rate|perGpu)$|^(?:difference)?percent$/i;
/** Members that hold dollars without saying so: of a product, and of what is spent by kind. */
const DOLLARS: ReadonlySet<string> = new Set([
  'onDemand',
  'spot',
  'byStatus',
  'byRegion',
  'byProduct',
  'byOwner',
  'parts',
]);
/** Members whose content is no schema, whatever it looks like. */
const VALUES: ReadonlySet<string> = new Set(['example', 'examples', 'enum', 'const']);

/**
 * The document as generators of clients read it. They take a member with a `default` for one that is always there, also
 * in what is sent, so that a default is written in words; they expect the example of a parameter beside its schema;
 * `number` is a floating-point number to them, also where it counts; and they name the values of an `enum` by their letters
 * and digits alone.
 */
export function clientFriendly(document: OpenAPIObject): OpenAPIObject {
  const { paths, components } = document;
  return { ...document, ...rewriteMembers({ paths, components }, '') };
}

/** @param name the member that has this schema, or the nearest one above it */
function rewrite(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, name));
  if (!isNode(value)) return value;
  const schema = withWholeNumbers(withDefaultInWords(rewriteMembers(value, name)), name);
  return withExampleBeside(withNamedValues(schema));
}

function rewriteMembers(node: Node, name: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (VALUES.has(key)) return [key, value];
      if (key === 'properties' && isNode(value)) return [key, rewriteProperties(value, name)];
      return [key, rewrite(value, name)];
    }),
  );
}

function rewriteProperties(properties: Node, owner: string): Node {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, rewrite(schema, DOLLARS.has(owner) ? owner : key)]),
  );
}

/** A `default` that is an object is no value: it is the answer for all other statuses. */
function withDefaultInWords(node: Node): Node {
  if (!('default' in node) || isNode(node['default'])) return node;
  const { default: standard, description = '', ...schema } = node;
  return { ...schema, description: `${String(description)} Default: ${JSON.stringify(standard)}.`.trim() };
}

function withWholeNumbers(node: Node, name: string): Node {
  const { type } = node;
  if (HAS_PARTS.test(name) || DOLLARS.has(name)) return node;
  if (type === 'number') return { ...node, type: 'integer' };
  if (!Array.isArray(type) || !type.includes('number')) return node;
  return { ...node, type: type.map((one: unknown) => (one === 'number' ? 'integer' : one)) };
}

/** Names for values that would have the same one: orders, of which `-name` is the other direction of `name`. */
function withNamedValues(node: Node): Node {
  const { enum: values } = node;
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string')) return node;
  const names = values.map((value) => value.replace(/[^A-Za-z0-9]/g, ''));
  if (new Set(names).size === names.length) return node;
  return { ...node, 'x-enum-varnames': values.map((value) => value.replace(/^-(.*)$/, '$1Descending')) };
}

function withExampleBeside(node: Node): Node {
  const { schema } = node;
  if (typeof node['in'] !== 'string' || !isNode(schema)) return node;
  const { example, description, ...rest } = schema;
  const descriptions = [node['description'], description].filter((part) => typeof part === 'string');
  return {
    ...node,
    ...(descriptions.length > 0 && { description: descriptions.join(' ') }),
    schema: rest,
    ...(example !== undefined && { example }),
  };
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
