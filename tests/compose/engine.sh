# shellcheck shell=bash
# A Docker engine of our own, unless DOCKER_HOST names one: Debian's, with its files in one folder and its socket in it.
# Sourced by ./run, which sets `work`, the folder of all files.
# shellcheck disable=SC2154

install_missing() {
  local wanting=() tool
  for tool in "$@"; do
    dpkg --status "$tool" 2>/dev/null | grep -q '^Status: .* installed$' || wanting+=("$tool")
  done
  if [ "${#wanting[@]}" -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanting[@]}" >/dev/null
  fi
}

# Debian 12 has version 1 of Compose, which does not know `name:`; that of Debian 13 runs on 12 as it is.
fetch_compose() {
  compose=$work/compose
  if [ -x "$compose" ]; then return; fi
  local apt=$work/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
    >"$apt/sources.list"
  local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" download docker-compose)
  dpkg-deb --extract "$apt"/docker-compose_*.deb "$apt/tree"
  cp "$apt/tree/usr/libexec/docker/cli-plugins/docker-compose" "$compose"
  rm -rf "$apt"
}

start_engine() {
  install_missing curl debootstrap docker.io iptables openssl
  fetch_compose
  # Debian's own: another `docker` on the PATH may be too new for this engine.
  docker=/usr/bin/docker
  if [ -n "${DOCKER_HOST:-}" ]; then return; fi
  export DOCKER_BUILDKIT=1 DOCKER_HOST=unix://$work/docker/sock
  mkdir -p "$work/docker"
  setsid dockerd --data-root "$work/docker/root" --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" \
    --host "$DOCKER_HOST" --storage-driver overlay2 >"$work/dockerd.log" 2>&1 &
  engine=$!
  local end=$((SECONDS + 60))
  until $docker info >/dev/null 2>&1; do
    if [ $SECONDS -gt $end ] || ! kill -0 "$engine" 2>/dev/null; then
      tail -n 20 "$work/dockerd.log" >&2
      return 1
    fi
    sleep 0.2
  done
}

stop_engine() {
  if [ -z "${engine:-}" ]; then return; fi
  kill "$engine" 2>/dev/null || true
  wait "$engine" 2>/dev/null || true
  # What it left: its bridges, and mounts that keep its folder from being removed.
  { grep -o " $work/docker[^ ]*" /proc/mounts || true; } | sort -r | while read -r mount; do umount -l "$mount" || true; done
  ip link delete docker0 2>/dev/null || true
}
