# syntax=docker/dockerfile:1
# One image for API, worker and watchdog; the command chooses: `node dist/apps/api/src/main.js`, `…/worker/…` or `…/watchdog/…`.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY apps ./apps
COPY libs ./libs
COPY clients ./clients
# The sandbox and the standalone app are first looks, never part of a production image; what tests and benchmarks need is not either.
RUN npm run build && rm -rf dist/apps/cli dist/apps/doctor dist/apps/sandbox dist/apps/standalone dist/libs/sandbox dist/libs/testing \
      dist/bench dist/clients dist/test dist/simulation dist/chaos dist/compile-cache

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The pinned `node` package is a development dependency: the image's own Node runs here.
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache --omit=dev --ignore-scripts --no-audit --no-fund && \
    # More than half of it is read by compilers and people only.
    rm -rf node_modules/typescript node_modules/.bin && \
    find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

FROM node:24-bookworm-slim AS run
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    DATA_DIR=/data
WORKDIR /app
RUN install -d -o node -g node /data
COPY --from=packages --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY --chown=root:root package.json LICENSE ./
USER node
VOLUME /data
EXPOSE 3000 3001
STOPSIGNAL SIGTERM
# Of the API; who runs another process in this image says where to ask, as docker-compose.yml does.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/api/src/main.js"]
