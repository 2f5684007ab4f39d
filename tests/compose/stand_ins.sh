# shellcheck shell=bash
# Base images under the tags that Dockerfile and docker-compose.yml name, made of Debian's packages, for a machine that
# reaches no image registry. Sourced by ./run, which sets `work`, `here` and `docker`.
# shellcheck disable=SC2154

# lay FOLDER SUITE [PACKAGE,…]: a small Debian.
lay() {
  if [ -d "$1/etc" ]; then return; fi
  debootstrap --variant=minbase --include="${3:-ca-certificates}" "$2" "$1.part" http://deb.debian.org/debian \
    >"$1.log" 2>&1
  rm -rf "$1.part"/var/cache/apt/archives/*.deb "$1.part"/var/lib/apt/lists/* "$1.part"/usr/share/{doc,man,locale}
  mv "$1.part" "$1"
}

# The compiler that is here, and the crates it has downloaded: nothing is fetched within the build.
stand_in_rust() {
  local root=$work/rust toolchain version
  toolchain=$(rustc --print sysroot)
  version=$(rustc --version | grep -o '1\.[0-9]*' | head -n 1)
  if [ "$1" != "rust:$version-slim-bookworm" ]; then
    echo "compose: $1 is wanted, and rustc here is $version" >&2
    return 1
  fi
  cargo fetch --quiet --locked
  rm -rf "$root"
  mkdir -p "$root/usr/local/cargo/registry" "$root/usr/local/bin"
  cp "$toolchain"/bin/{cargo,rustc} "$root/usr/local/bin/"
  cp -a "$toolchain/lib" "$root/usr/local/"
  cp -a "${CARGO_HOME:-$HOME/.cargo}"/registry/{cache,index} "$root/usr/local/cargo/registry/"
  printf 'FROM debian:12-slim\nCOPY usr /usr\nENV CARGO_HOME=/usr/local/cargo CARGO_NET_OFFLINE=true\n' |
    $docker build -q -t "$1" -f - "$root" >/dev/null
  rm -rf "$root"
}

# What the image documents: the C library, libssl, libgcc and what that needs, certificate authorities, time zones.
stand_in_distroless() {
  local root=$work/distroless
  rm -rf "$root"
  mkdir -p "$root"/{debs,tree/etc/ssl/certs,tree/tmp}
  chmod 1777 "$root/tree/tmp"
  (cd "$root/debs" && apt-get -qq -o APT::Sandbox::User=root download \
    base-files netbase tzdata libc6 libssl3 libgcc-s1 libstdc++6 libgomp1)
  for deb in "$root"/debs/*.deb; do dpkg-deb --extract "$deb" "$root/tree"; done
  rm -rf "$root"/tree/usr/share/{doc,man,locale,lintian}
  cp "$work/bookworm/etc/ssl/certs/ca-certificates.crt" "$root/tree/etc/ssl/certs/"
  echo 'root:x:0:0:root:/root:/sbin/nologin' >"$root/tree/etc/passwd"
  echo 'root:x:0:' >"$root/tree/etc/group"
  tar -C "$root/tree" -c . | $docker import \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$1" >/dev/null
  rm -rf "$root"
}

stand_in_postgres() {
  lay "$work/trixie" trixie postgresql-17,ca-certificates
  tar -C "$work/trixie" -c . | $docker import - stand-in/trixie >/dev/null
  # User, folders and signal as in the official image.
  $docker build -q -t "$1" -f - "$here" >/dev/null <<'RECIPE'
FROM stand-in/trixie
RUN groupmod -g 999 postgres && usermod -u 999 -g 999 postgres \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data \
    && install -d -o postgres -g postgres -m 3777 /run/postgresql && mkdir /docker-entrypoint-initdb.d
COPY postgres-entrypoint /usr/local/bin/
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/17/bin \
    PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-entrypoint"]
CMD ["postgres", "-c", "listen_addresses=*"]
RECIPE
}

has_image() { $docker image inspect "$1" >/dev/null 2>&1; }

# Every image that is named and not there.
import_bases() {
  local image
  lay "$work/bookworm" bookworm
  has_image debian:12-slim ||
    tar -C "$work/bookworm" -c . | $docker import --change 'CMD ["bash"]' - debian:12-slim >/dev/null
  for image in $(sed -n 's/^FROM \([a-z0-9./-]*\(:[^ ]*\)\{0,1\}\) AS .*/\1/p' Dockerfile | grep '[:/]') \
    $(sed -n 's/^ *image: //p' docker-compose.yml); do
    if has_image "$image"; then continue; fi
    case $image in
      rust:*) stand_in_rust "$image" ;;
      gcr.io/distroless/cc-debian12*) stand_in_distroless "$image" ;;
      postgres:17) stand_in_postgres "$image" ;;
      *) echo "compose: no stand-in for $image" >&2 && return 1 ;;
    esac
  done
}
