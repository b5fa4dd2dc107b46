const MAX_LENGTH = 500;
const SECRET_NAME = /key|token|secret|password|auth|signature|credential/i;

/** A request's target for the log: values of query parameters that may be secret are left out, and it is cut. */
export function loggedUrl(url: string): string {
  const mark = url.indexOf('?');
  if (mark === -1) return url.slice(0, MAX_LENGTH);
  const query = url
    .slice(mark + 1, mark + 1 + MAX_LENGTH)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals !== -1 && SECRET_NAME.test(pair.slice(0, equals)) ? `${pair.slice(0, equals)}=[redacted]` : pair;
    });
  return `${url.slice(0, mark)}?${query.join('&')}`.slice(0, MAX_LENGTH);
}
