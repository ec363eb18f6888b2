# syntax=docker/dockerfile:1
# Stage 1 bundles everything into one file; stage 2 holds that file, its source map and Node, and no npm package.

FROM node:24-slim AS build
WORKDIR /src
# The dependencies first: this layer is rebuilt only when the lock file changes. Install scripts are not needed.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-slim
LABEL org.opencontainers.image.title="Pullgate" \
      org.opencontainers.image.description="Refuses Kubernetes workloads whose images cannot be pulled" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /src/LICENSE ./
COPY --from=build /src/dist/ ./
# A number, so that Kubernetes can see for itself that it is not root.
USER 65532:65532
EXPOSE 8443 8080
# Node is process 1 and gets SIGTERM itself. For readable stack traces set NODE_OPTIONS=--enable-source-maps; it is
# not the default because the map costs memory.
ENTRYPOINT ["node", "/app/pullgate.mjs"]
CMD ["serve"]
