import { getInstance, type Instance, type ListInstancesData, listInstances } from '@novita-fleet/client';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import { type ApiSession, ask } from './session.js';

/** The largest page. */
const PAGE = 200;

type Filter = NonNullable<ListInstancesData['query']>;

/**
 * The instance of an id, ours or Novita's, or of a name.
 *
 * @throws CommandFailure when there is none, or more than one of the name
 */
export async function findInstance(session: ApiSession, reference: string): Promise<Instance> {
  const { client } = session;
  if (/^ins_[0-9A-Z]{26}$/.test(reference)) {
    return ask(session, getInstance({ client, path: { id: reference } }));
  }
  const instances = await listAll(session, { name: reference });
  const [only, ...others] = instances.filter(({ name, status }) => name === reference && status !== 'terminated');
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    const ids = [only, ...others].map(({ id, status }) => `  ${id}  ${status}`).join('\n');
    throw new CommandFailure(`several instances are called "${reference}"; say which by its id:\n${ids}`, EXIT.usage);
  }
  try {
    return await ask(session, getInstance({ client, path: { id: reference } }));
  } catch (error) {
    const isUnknown = error instanceof ApiProblem && [400, 404].includes(error.problem.status);
    if (!isUnknown) throw error;
    throw new CommandFailure(`there is no instance with the name or id "${reference}"`, EXIT.notFound);
  }
}

/** All pages of the list. */
export async function listAll(session: ApiSession, filter: Filter): Promise<readonly Instance[]> {
  const found: Instance[] = [];
  let cursor: string | undefined;
  do {
    const query: Filter = { ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const page = await ask(session, listInstances({ client: session.client, query }));
    found.push(...page.instances);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}
