# One recipe, two targets: docker build --target auth-server . and docker build --target mcp-server .
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /gatehouse

# The dependencies alone: this layer is kept until a manifest changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY shared/Cargo.toml shared/
COPY auth-server/Cargo.toml auth-server/
COPY mcp-server/Cargo.toml mcp-server/
COPY tests/Cargo.toml tests/
COPY tests/load/Cargo.toml tests/load/
RUN mkdir -p shared/src auth-server/src mcp-server/src tests/src/bin tests/e2e tests/properties tests/process tests/house tests/load/src \
    && touch shared/src/lib.rs auth-server/src/lib.rs mcp-server/src/lib.rs tests/src/lib.rs \
    && for file in auth-server/src/main.rs mcp-server/src/main.rs tests/src/bin/conform.rs tests/src/bin/up.rs \
        tests/e2e/main.rs tests/properties/main.rs tests/process/main.rs tests/house/main.rs tests/load/src/main.rs; \
       do echo 'fn main() {}' > "$file"; done \
    && cargo build --release --locked --package auth-server --package mcp-server --features shared/postgres-tls

# Cargo compares times: ours must be newer than what stood in for it. Nothing under target/ may be touched, or
# dependencies with generated sources are built again.
COPY . .
RUN find shared auth-server mcp-server -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --package auth-server --package mcp-server --features shared/postgres-tls \
    && install -d -o 10001 -g 10001 /data

# The C library, libgcc, libssl (for TLS to PostgreSQL) and certificate authorities; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12 AS base
COPY --from=build --chown=10001:10001 /data /data
WORKDIR /
USER 10001:10001

FROM base AS auth-server
COPY --from=build /gatehouse/target/release/auth-server /usr/local/bin/auth-server
ENV LISTEN=0.0.0.0:9000
EXPOSE 9000
ENTRYPOINT ["/usr/local/bin/auth-server"]

FROM base AS mcp-server
COPY --from=build /gatehouse/target/release/mcp-server /usr/local/bin/mcp-server
ENV LISTEN=0.0.0.0:8000
EXPOSE 8000
ENTRYPOINT ["/usr/local/bin/mcp-server"]
