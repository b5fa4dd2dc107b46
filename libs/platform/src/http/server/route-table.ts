import { escapeRegExp, probablyMeant } from '../../kernel/text.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** There when the server was made by `createHttpAdapter`. */
    readonly routeTable?: RouteTable;
  }
}

/** A shorter word is a part of nearly every route; a longer one is like none, and comparing takes time. */
const COMPARED_LENGTHS = { min: 4, max: 200 };

interface Route {
  readonly url: string;
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
    this.routes.push({ url, methods: [method].flat(), pattern: patternOf(url) });
  }

  /** The methods that an address takes, without its query; none when there is no such address. */
  methodsOf(path: string): readonly string[] {
    const methods = this.routes.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }

  /**
   * The route that is spelled most like a path that is none, such as `/instances/{id}/stop`; null when none is. What
   * stands in the place of a parameter is not repeated.
   */
  nearestTo(path: string): string | null {
    const word = path.replace(/\/+$/, '');
    if (word.length < COMPARED_LENGTHS.min || word.length > COMPARED_LENGTHS.max) return null;
    const segments = word.split('/');
    const spelled = new Map(this.routes.map(({ url }) => [filledIn(url, segments), url]));
    const candidates = [...spelled.keys()];
    // A path that only ends too early is not misspelled.
    const isStem = !spelled.has(word) && candidates.some((candidate) => candidate.startsWith(`${word}/`));
    const meant = isStem ? null : probablyMeant(word, candidates);
    return meant === null ? null : (spelled.get(meant) ?? meant).replaceAll(/:(\w+)/g, '{$1}');
  }
}

/** The route with its parameters as they stand in a path of as many parts, so that they count as equal. */
function filledIn(url: string, segments: readonly string[]): string {
  const parts = url.split('/');
  if (parts.length !== segments.length) return url;
  return parts.map((part, index) => (part.startsWith(':') ? segments[index] || part : part)).join('/');
}

function patternOf(url: string): RegExp {
  const segments = url.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : escapeRegExp(segment)));
  return new RegExp(`^${segments.join('/')}$`);
}
