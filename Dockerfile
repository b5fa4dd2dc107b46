# syntax=docker/dockerfile:1
# One image for both apps; the command chooses: `node dist/apps/api/src/main.js` or `node dist/apps/worker/src/main.js`.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY apps ./apps
COPY libs ./libs
# The sandbox and the standalone app are first looks, never part of a production image.
RUN npm run build && rm -rf dist/apps/sandbox dist/apps/standalone dist/libs/sandbox dist/bench

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The pinned `node` package is a development dependency: the image's own Node runs here.
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache --omit=dev --ignore-scripts --no-audit --no-fund

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
CMD ["node", "dist/apps/api/src/main.js"]
