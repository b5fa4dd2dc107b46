/** The paths of one set of routes: `/api/v1/…` is canonical, `/api/…` the same for older clients. */
export function apiPath(resource: string): string[] {
  return [`api/v1/${resource}`, `api/${resource}`];
}

/** The canonical form of a path under /api. */
export function canonicalPath(path: string): string {
  return path.startsWith('/api/') && !path.startsWith('/api/v1/') ? `/api/v1/${path.slice('/api/'.length)}` : path;
}
