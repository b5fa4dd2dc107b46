import { escapeRegExp } from '../text/escape-reg-exp.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** There when the server was made by `createHttpAdapter`. */
    readonly routeTable?: RouteTable;
  }
}

interface Route {
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

/** The routes that are served, so that a wrong method can be told from a wrong address. */
export class RouteTable {
  private readonly routes: Route[] = [];

  /** @param url a route as Fastify writes it, such as `/instances/:id` */
  add(method: string | readonly string[], url: string): void {
    // A wildcard serves files or a fallback; it says nothing about which addresses there are.
    if (url.includes('*')) return;
    this.routes.push({ methods: [method].flat(), pattern: patternOf(url) });
  }

  /** The methods that an address takes, without its query; none when there is no such address. */
  methodsOf(path: string): readonly string[] {
    const methods = this.routes.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}

function patternOf(url: string): RegExp {
  const segments = url.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : escapeRegExp(segment)));
  return new RegExp(`^${segments.join('/')}$`);
}
