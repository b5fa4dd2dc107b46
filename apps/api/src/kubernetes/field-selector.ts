import { SelectorError } from './label-selector.js';

/** The fields that lists can be narrowed by: what every resource has. */
export type SelectableField = 'metadata.name' | 'metadata.namespace';

export interface FieldRequirement {
  readonly field: SelectableField;
  readonly isEqual: boolean;
  readonly value: string;
}

const REQUIREMENT = /^\s*([^\s=!]*)\s*(==?|!=)\s*([^\s=!]*)\s*$/;

/**
 * `metadata.name=web-0,metadata.namespace!=kube-system`; none for everything.
 *
 * @throws SelectorError
 */
export function parseFieldSelector(text: string, fields: readonly SelectableField[]): readonly FieldRequirement[] {
  if (text.trim() === '') return [];
  let position = 1;
  return text.split(',').map((part) => {
    const at = position;
    position += part.length + 1;
    const [, name, sign, value = ''] = REQUIREMENT.exec(part) ?? [];
    if (name === undefined) throw new SelectorError('expected a field, one of =, == and !=, and a value', at);
    const field = fields.find((known) => known === name);
    if (field === undefined) {
      throw new SelectorError(`this is no field to select by; those are ${fields.join(' and ')}`, at);
    }
    return { field, isEqual: sign !== '!=', value };
  });
}

/** @param namespace empty for what stands in none */
export function matchesFields(
  requirements: readonly FieldRequirement[],
  { name, namespace }: { readonly name: string; readonly namespace: string | null },
): boolean {
  return requirements.every(({ field, isEqual, value }) => {
    const had = field === 'metadata.name' ? name : (namespace ?? '');
    return (had === value) === isEqual;
  });
}
