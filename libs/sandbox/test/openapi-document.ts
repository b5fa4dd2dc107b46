import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

interface DocumentedResponse {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly servers?: readonly { readonly url: string }[];
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}

interface ApiDocument {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

export interface Route {
  readonly method: string;
  /** With the base path of its server. */
  readonly path: string;
}

/** The provider's API as it is documented: where each operation lives, and what it may answer. */
export class OpenApiDocument {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly operations = new Map<string, { route: Route; pointer: string; operation: DocumentedOperation }>();

  constructor() {
    const file = join(import.meta.dirname, 'fixtures', 'novita-openapi.yaml');
    const document = parse(readFileSync(file, 'utf8')) as ApiDocument;
    this.ajv.addSchema(document, 'novita');
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const server = (operation.servers ?? document.servers)[0]?.url ?? '';
        const route = { method: method.toUpperCase(), path: `${new URL(server).pathname}${path}` };
        const pointer = `/paths/${escapePointer(path)}/${method}/responses`;
        this.operations.set(operation.operationId, { route, pointer, operation });
      }
    }
  }

  get operationIds(): string[] {
    return [...this.operations.keys()];
  }

  route(operationId: string): Route {
    return this.find(operationId).route;
  }

  /** @returns what is wrong with the answer by the document; empty when nothing is */
  faultsOf(operationId: string, status: number, body: unknown): string[] {
    const { operation, pointer } = this.find(operationId);
    const response = operation.responses[String(status)];
    if (response === undefined) return [`status ${status} is not documented`];
    const place = response.$ref === undefined ? `${pointer}/${status}` : response.$ref.slice(1);
    const validate = this.validator(`novita#${place}/content/application~1json/schema`);
    if (validate(body)) return [];
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  }

  private validator(ref: string): ValidateFunction {
    let validate = this.validators.get(ref);
    if (validate === undefined) {
      validate = this.ajv.compile({ $ref: ref });
      this.validators.set(ref, validate);
    }
    return validate;
  }

  private find(operationId: string) {
    const found = this.operations.get(operationId);
    if (found === undefined) throw new Error(`the document has no operation ${operationId}`);
    return found;
  }
}

function escapePointer(path: string): string {
  return path.replaceAll('~', '~0').replaceAll('/', '~1');
}
