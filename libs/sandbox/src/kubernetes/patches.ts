import { badRequest, impossiblePatch } from './api-status.js';

type Members = Readonly<Record<string, unknown>>;

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) delete merged[member];
    else merged[member] = mergePatch(merged[member], value);
  }
  return merged;
}

/**
 * RFC 6902.
 *
 * @throws ApiError 400 when it is no list, 422 when an operation cannot be done
 */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest('a JSON patch is a list of operations');
  return operations.reduce<unknown>(applyOperation, target);
}

function applyOperation(document: unknown, operation: unknown): unknown {
  const { op, path, from, value } = isObject(operation) ? operation : {};
  if (typeof path !== 'string') throw impossiblePatch('an operation of a JSON patch has a path');
  switch (op) {
    case 'add':
      return edit(document, pointer(path), path, { kind: 'add', value });
    case 'replace':
      return edit(document, pointer(path), path, { kind: 'replace', value });
    case 'remove':
      return edit(document, pointer(path), path, { kind: 'remove' });
    case 'test':
      if (JSON.stringify(read(document, path)) !== JSON.stringify(value))
        throw impossiblePatch(`testing path ${path} failed`);
      return document;
    case 'copy':
      return edit(document, pointer(path), path, { kind: 'add', value: read(document, String(from)) });
    case 'move': {
      const moved = read(document, String(from));
      const without = edit(document, pointer(String(from)), String(from), { kind: 'remove' });
      return edit(without, pointer(path), path, { kind: 'add', value: moved });
    }
    default:
      throw impossiblePatch(`unexpected kind of operation: ${String(op)}`);
  }
}

type Edit = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' };

const pointer = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function read(document: unknown, path: string): unknown {
  return pointer(path).reduce<unknown>((value, part) => {
    if (Array.isArray(value) && Number(part) in value) return value[Number(part)];
    if (isObject(value) && part in value) return value[part];
    throw impossiblePatch(`nothing at ${path}`);
  }, document);
}

function edit(document: unknown, [part, ...rest]: readonly string[], path: string, change: Edit): unknown {
  if (part === undefined) return change.kind === 'remove' ? null : change.value;
  const isLast = rest.length === 0;
  if (Array.isArray(document)) {
    const index = part === '-' ? document.length : Number(part);
    const mayBeNew = isLast && change.kind === 'add';
    if (!(index >= 0 && index < document.length + Number(mayBeNew))) throw impossiblePatch(`nothing at ${path}`);
    if (!isLast) return document.with(index, edit(document[index], rest, path, change));
    if (change.kind === 'remove') return document.toSpliced(index, 1);
    return change.kind === 'add' ? document.toSpliced(index, 0, change.value) : document.with(index, change.value);
  }
  if (!isObject(document)) throw impossiblePatch(`nothing at ${path}`);
  if (!isLast || change.kind !== 'add') {
    if (!(part in document)) throw impossiblePatch(`nothing at ${path}`);
  }
  if (!isLast) return { ...document, [part]: edit(document[part], rest, path, change) };
  if (change.kind !== 'remove') return { ...document, [part]: change.value };
  const { [part]: _removed, ...others } = document;
  return others;
}

/** Lists whose items are merged, by the member that tells them apart. Any other list is replaced as a whole. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
  conditions: ['type'],
  addresses: ['type'],
  imagePullSecrets: ['name'],
  ownerReferences: ['uid'],
  hostAliases: ['ip'],
  taints: ['key'],
  topologySpreadConstraints: ['topologyKey'],
};
/** Lists of plain values to which a patch adds. */
const MERGED_VALUES = new Set(['finalizers']);
const DELETE_VALUES = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

/**
 * The apiserver's own kind of patch, as far as it goes without the types: objects are merged, and so are those lists of objects
 * that the kinds here have; the directives that kubectl writes are followed.
 */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === 'replace') return changes;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  if (Array.isArray(retained)) {
    for (const member of Object.keys(merged)) if (!retained.includes(member)) delete merged[member];
  }
  for (const [member, value] of Object.entries(changes)) {
    if (member.startsWith(ORDER)) continue;
    if (member.startsWith(DELETE_VALUES)) {
      const list = member.slice(DELETE_VALUES.length);
      merged[list] = listOf(merged[list]).filter((item) => !listOf(value).includes(item));
    } else if (value === null || (isObject(value) && value['$patch'] === 'delete')) delete merged[member];
    else if (Array.isArray(value)) merged[member] = mergedList(member, merged[member], value);
    else merged[member] = strategicMergePatch(merged[member], value);
  }
  for (const [member, order] of Object.entries(changes)) {
    if (!member.startsWith(ORDER)) continue;
    const list = member.slice(ORDER.length);
    if (Array.isArray(merged[list])) merged[list] = ordered(list, merged[list], listOf(order));
  }
  return merged;
}

function mergedList(member: string, target: unknown, patch: readonly unknown[]): readonly unknown[] {
  const present = listOf(target);
  if (MERGED_VALUES.has(member)) return [...new Set([...present, ...patch])];
  const keys = MERGE_KEYS[member];
  if (keys === undefined || !patch.every(isObject)) return patch;
  if (patch.some((item) => item['$patch'] === 'replace')) return patch.filter((item) => !('$patch' in item));
  const merged = [...present];
  for (const item of patch) {
    const index = merged.findIndex((other) => isSame(keys, other, item));
    if (item['$patch'] === 'delete') {
      if (index !== -1) merged.splice(index, 1);
    } else if (index === -1) merged.push(strategicMergePatch({}, item));
    else merged[index] = strategicMergePatch(merged[index], item);
  }
  return merged;
}

/** Those that the order names come in that order; the others keep their places before or after them. */
function ordered(member: string, items: readonly unknown[], order: readonly unknown[]): readonly unknown[] {
  const keys = MERGE_KEYS[member];
  const rank = (item: unknown): number =>
    order.findIndex((one) => (keys === undefined || !isObject(one) ? one === item : isSame(keys, item, one)));
  const named = items.filter((item) => rank(item) !== -1).toSorted((a, b) => rank(a) - rank(b));
  return [...named, ...items.filter((item) => rank(item) === -1)];
}

function isSame(keys: readonly string[], one: unknown, other: Members): boolean {
  const key = keys.find((name) => other[name] !== undefined);
  return key !== undefined && isObject(one) && one[key] === other[key];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
