import { readFileSync } from 'node:fs';
import { API_ROLES } from '@app/platform';

/** Who may use an operation, as its page in the API document says. */
type DocumentedAccess = 'public' | 'any-role' | (typeof API_ROLES)[number];

export interface ApiOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its parameters in braces. */
  readonly path: string;
  readonly access: DocumentedAccess;
  /** Whether the token of the instance in its path opens it, too. */
  readonly ownInstance: boolean;
  /** Names of the parameters in the query. */
  readonly query: readonly string[];
  readonly takesBody: boolean;
  readonly isStream: boolean;
  /** The statuses that it may answer with. */
  readonly statuses: ReadonlySet<number>;
}

interface DocumentedOperation {
  readonly security?: readonly object[];
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

/** Every operation of the committed API document. */
export function apiOperations(): readonly ApiOperation[] {
  const text = readFileSync(new URL('../../../../openapi.json', import.meta.url), 'utf8');
  const { paths } = JSON.parse(text) as ApiDocument;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, documented]) => ({
      method: method.toUpperCase() as ApiOperation['method'],
      path,
      access: accessOf(documented),
      ownInstance: documented.description?.includes('or the **token of the instance**') === true,
      query: (documented.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name),
      takesBody: documented.requestBody !== undefined,
      isStream: documented.responses['200']?.content?.['text/event-stream'] !== undefined,
      statuses: new Set(Object.keys(documented.responses).map(Number)),
    })),
  );
}

function accessOf({ security = [], description = '' }: DocumentedOperation): DocumentedAccess {
  if (security.length === 0) return 'public';
  return API_ROLES.find((role) => description.includes(`at least the role **${role}**`)) ?? 'any-role';
}
