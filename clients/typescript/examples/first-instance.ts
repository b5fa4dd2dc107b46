import { createInstance, deleteInstance, getInstance, listInstances, novitaFleet } from '@novita-fleet/client';

/**
 * Rents the cheapest GPU of a name, waits until it answers, says where, and deletes it again.
 *
 * Arguments: address of the fleet, key, name of the product.
 */
const [url = 'http://127.0.0.1:3000', key = '', productName = 'RTX 4090'] = process.argv.slice(2);
const client = novitaFleet({ url, key });

// What fails is in `error`: a problem with a code, a sentence and a suggestion. With `throwOnError` it is thrown instead.
const { data: made, error } = await createInstance({
  client,
  body: { name: 'from-the-client', productName, image: 'nginx:latest', ports: ['80/http'] },
});
if (made === undefined) throw new Error(`${error?.code}: ${error?.detail} ${error?.suggestion}`);
process.stdout.write(`${made.id} costs $${made.pricePerHour ?? '?'} an hour\n`);

try {
  for (let status = made.status; status !== 'ready'; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { data } = await getInstance({ client, path: { id: made.id }, throwOnError: true });
    if (data.status !== status) process.stdout.write(`${data.status}\n`);
    status = data.status;
    if (['failed', 'stopped', 'terminated'].includes(status))
      throw new Error(data.lastError?.message ?? `it is ${status}`);
  }
  const { data: idle } = await listInstances({ client, query: { show: 'idle', sort: '-price' }, throwOnError: true });
  process.stdout.write(`${idle.instances.length} instances stand idle\n`);
} finally {
  // Whatever happened: it costs money.
  await deleteInstance({ client, path: { id: made.id }, throwOnError: true });
}
