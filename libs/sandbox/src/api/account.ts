import { requiredText } from './fields.js';
import { wholeListing } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { notFound, Refusal } from './refusal.js';

/** Passwords go out in clear, as the provider's do. */
export function listRegistryAuths(_request: ApiRequest, { world }: ApiContext): Answer {
  return list(wholeListing('data', [...world.account.registryAuths.values()]));
}

/** The answer holds no id: clients list again. */
export function createRegistryAuth({ body }: ApiRequest, { world }: ApiContext): Answer {
  const auth = {
    id: world.random.alphanumeric(32),
    name: requiredText(body, 'name', { max: 255 }),
    username: requiredText(body, 'username', { max: 511 }),
    password: requiredText(body, 'password', { max: 1_024 }),
  };
  world.account.registryAuths.set(auth.id, auth);
  return json({});
}

export function deleteRegistryAuth({ body }: ApiRequest, { world }: ApiContext): Answer {
  const id = requiredText(body, 'id');
  if (!world.account.registryAuths.has(id)) throw notFound('registry auth');
  const inUse =
    [...world.account.templates.values()].some(({ imageAuth }) => imageAuth === id) ||
    world.fleet.filter(({ spec }) => spec.imageAuthId === id).length > 0;
  if (inUse) throw new Refusal(400, 'IMAGE_AUTH_IN_USE', 'image auth is in use');
  world.account.registryAuths.delete(id);
  return json({});
}

/** Strings in 1/10000 USD, unlike product prices. */
export function getBalance(_request: ApiRequest, { world }: ApiContext): Answer {
  const empty = world.interference.balanceEmpty();
  return json({
    availableBalance: empty ? '0' : '2500000',
    cashBalance: empty ? '0' : '2000000',
    creditLimit: empty ? '0' : '500000',
    outstandingInvoices: '0',
  });
}
