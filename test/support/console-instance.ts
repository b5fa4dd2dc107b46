import type { Sandbox } from '@app/sandbox';

/**
 * Makes an instance at the provider as a person at its console does: without our marker, under any name.
 *
 * @returns its id at the provider
 */
export async function createAtConsole({ url }: Sandbox, name: string): Promise<string> {
  const response = await fetch(`${url}/gpu-instance/openapi/v1/gpu/instance/create`, {
    method: 'POST',
    headers: { authorization: 'Bearer somebody', 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      productId: '4090.16c62g.us',
      gpuNum: 1,
      rootfsSize: 60,
      imageUrl: 'nginx:latest',
      kind: 'gpu',
      ports: '8080/http',
    }),
  });
  if (!response.ok) throw new Error(`the console's create answered ${response.status}: ${await response.text()}`);
  const { id } = (await response.json()) as { readonly id: string };
  return id;
}
