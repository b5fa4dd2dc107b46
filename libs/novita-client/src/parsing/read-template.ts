import type { NovitaPortType, NovitaTemplate } from '../novita-types.js';
import { envsOf, portOf, portTypeOf } from './read-parts.js';
import { arrayOf, countOf, type Fields, fieldsOf, idOf, requireText, textOf } from './read-value.js';

/**
 * Reads the whole of a template: whoever creates from it needs its command, disk, ports, tools and volumes too.
 * @throws ItemFault
 */
export function readTemplate(item: Fields): NovitaTemplate {
  return {
    // A capital I in Novita's answers; the small one is what their other resources use.
    id: textOf(item['Id']) ?? requireText(item, 'id'),
    name: textOf(item['name']) ?? '',
    channel: textOf(item['channel']),
    image: requireText(item, 'image'),
    imageAuthId: idOf(item['imageAuth']),
    startCommand: textOf(item['startCommand']),
    entrypoint: textOf(item['entrypoint']),
    rootfsSize: countOf(item['rootfsSize']),
    ports: portsOf(item['ports']),
    envs: envsOf(item['envs']),
    tools: toolsOf(item['tools']),
    volumes: arrayOf(item['volumes']).flatMap((entry) => {
      const fields = fieldsOf(entry);
      const type = textOf(fields['type']);
      return type === null ? [] : [{ type, sizeGb: countOf(fields['size']), mountPath: textOf(fields['mountPath']) }];
    }),
    minCudaVersion: textOf(item['minCudaVersion']),
  };
}

/** Grouped by type on the wire: `[{type: "http", ports: [80, 8080]}]`. */
function portsOf(value: unknown): NovitaTemplate['ports'] {
  const ports: { port: number; type: NovitaPortType }[] = [];
  for (const entry of arrayOf(value)) {
    const fields = fieldsOf(entry);
    const type = portTypeOf(fields['type']);
    if (type === null) continue;
    for (const each of arrayOf(fields['ports'])) {
      const port = portOf(each);
      if (port !== null) ports.push({ port, type });
    }
  }
  return ports;
}

function toolsOf(value: unknown): NovitaTemplate['tools'] {
  return arrayOf(value).flatMap((entry) => {
    const fields = fieldsOf(entry);
    const name = textOf(fields['name']);
    const port = portOf(fields['port']);
    const type = portTypeOf(fields['type']);
    return name === null || port === null || type === null ? [] : [{ name, port, type }];
  });
}
