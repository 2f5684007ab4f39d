#!/usr/bin/env bash
# Deploys one instance to Azure and checks it as a client would. chatgpt-apps/deploy.md walks through it.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: ./deploy.sh team|prod [options]                 deploys, waits until both are ready, and runs conform
       ./deploy.sh team|prod --set-secret NAME < FILE  writes a secret of the vault from standard input
       ./deploy.sh team|prod --status                  prints what runs there

  --dry-run        print every command, run none
  --yes            go on without asking after each what-if; required where nobody can be asked
  --commit COMMIT  deploy this commit in place of the one checked out: the way back
  --docker         build with this machine's docker in place of the registry's builder
  --no-conform     do not run conform: on the first deployment, while there is no account
  --yes-prod       prod is refused without it, and then asks for the name of its resource group
  --confirm GROUP  that name, where nobody can be asked

environment: GATEHOUSE_GROUP (default gatehouse-team or gatehouse-prod), AZURE_SUBSCRIPTION (default: az's own),
CONFORM_USER and CONFORM_PASSWORD_FILE (an account of that instance; without them conform uses this machine's browser)
USAGE
}

say() { printf '%s\n' "$*"; }
fail() { printf 'deploy.sh: %s\n' "$*" >&2; exit 1; }

# Prints a command as it could be typed. Secrets travel in files, so none can stand in it.
show() { printf '  +'; printf ' %q' "$@"; printf '\n'; }

# Changes something: not in a dry run.
run() {
  show "$@" >&2
  if [ "$dry_run" = no ]; then "$@"; fi
}

# Reads something. In a dry run, `stand_in` takes its place.
stand_in=''
read_from() {
  show "$@" >&2
  if [ "$dry_run" = no ]; then "$@"; else printf '%s\n' "$stand_in"; fi
}

# A right that was just given takes minutes to arrive, so a refusal is not final.
patiently() {
  local tries
  for tries in $(seq 20); do
    if "$@"; then return; fi
    say "  not yet ($tries of 20)" >&2
    sleep 15
  done
  fail "gave up: $*"
}

# ---- what is asked for

instance='' commit='' confirmed='' secret=''
action=deploy builder=registry
dry_run=no yes=no yes_prod=no conform=yes

arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      team | prod)
        [ -z "$instance" ] || fail "one instance at a time: $instance or $1"
        instance=$1
        ;;
      --dry-run) dry_run=yes ;;
      --yes) yes=yes ;;
      --docker) builder=docker ;;
      --no-conform) conform=no ;;
      --yes-prod) yes_prod=yes ;;
      --status) action=status ;;
      --commit | --confirm | --set-secret)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
          --commit) commit=$2 ;;
          --confirm) confirmed=$2 ;;
          --set-secret) action=secret secret=$2 ;;
        esac
        shift
        ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; fail "unknown: $1" ;;
    esac
    shift
  done
  if [ -z "$instance" ]; then usage >&2; fail "which instance?"; fi
}

can_ask() { [ -t 0 ] && [ "$action" = deploy ]; }

# Told twice: by a flag, and by the name of what it would change.
refuse_prod() {
  [ "$yes_prod" = yes ] || fail "this is prod: add --yes-prod if that is what you mean"
  if [ -z "$confirmed" ] && can_ask; then
    read -r -p "This changes prod. Type the name of its resource group: " confirmed
  fi
  [ "$confirmed" = "$group" ] || fail "this is prod: --confirm must name its resource group, $group"
}

tools() {
  local tool wanted=(az)
  if [ "$action" = deploy ]; then
    wanted+=(git openssl tar curl)
    if [ "$builder" = docker ]; then wanted+=(docker); fi
    if [ "$conform" = yes ]; then wanted+=(cargo); fi
  fi
  for tool in "${wanted[@]}"; do
    command -v "$tool" >/dev/null || fail "$tool is not installed"
  done
}

# What is deployed is a commit, the templates included: an image's tag then says what is in it.
source_state() {
  [ -z "$(git status --porcelain)" ] || fail "the work tree has changes: commit them, for what is deployed is a commit"
  commit=$(git rev-parse --verify --quiet "${commit:-HEAD}^{commit}") || fail "no such commit"
}

account() {
  if can_ask; then return; fi
  [ "$yes" = yes ] || [ "$dry_run" = yes ] || fail "nobody can be asked here: --yes goes on without"
  if [ "$conform" = yes ] && [ "$dry_run" = no ] && [ -z "${CONFORM_USER:-}" ]; then
    fail "set CONFORM_USER and CONFORM_PASSWORD_FILE, or say --no-conform"
  fi
}

conform_account() {
  [ "$conform" = yes ] && [ -n "${CONFORM_USER:-}" ] || return 0
  [ -r "${CONFORM_PASSWORD_FILE:-}" ] || fail "CONFORM_PASSWORD_FILE must name a file with the password of CONFORM_USER"
}

# The group says itself which instance it is, so a name typed wrongly cannot reach the other one.
right_place() {
  local tag
  stand_in=SUBSCRIPTION
  subscription=${AZURE_SUBSCRIPTION:-$(read_from az account show --query id --output tsv)}
  stand_in=$instance
  tag=$(read_from az group show --name "$group" --query tags.gatehouse --output tsv --subscription "$subscription") ||
    fail "no resource group $group in $subscription: az group create --name $group --location REGION --tags gatehouse=$instance"
  [ "$tag" = "$instance" ] || fail "the resource group $group is not tagged gatehouse=$instance"
}

# ---- the steps

finished=()
step=''
begin() {
  step=$1
  say ""
  say "== $step"
}
end() { finished+=("$step"); step=''; }

ended() {
  local status=$? name
  if [ -n "${work:-}" ]; then rm -rf "$work"; fi
  if [ "$status" -ne 0 ] && [ -n "$step" ]; then
    {
      say ""
      say "deploy.sh: stopped at: $step"
      for name in "${finished[@]}"; do say "  done: $name"; done
      say "What was done stays, and is found done by the next run: mend the cause, and say the same again."
    } >&2
  fi
  exit "$status"
}

go_on() {
  local answer
  if [ "$yes" = yes ] || [ "$dry_run" = yes ]; then return; fi
  read -r -p "Go on? [y/N] " answer
  [ "$answer" = y ] || fail "nothing was changed by this step"
}

stage() {
  begin "$2"
  export GATEHOUSE_STAGE=$1 GATEHOUSE_COMMIT=$commit
  local what=(--resource-group "$group" --name "gatehouse-$1" --parameters "deploy/azure/$instance.bicepparam" --subscription "$subscription")
  say "  with GATEHOUSE_STAGE=$1 GATEHOUSE_COMMIT=$commit"
  # A question to Azure, and an answer to read.
  if [ "$dry_run" = yes ]; then show az deployment group what-if "${what[@]}"; else
    show az deployment group what-if "${what[@]}"
    az deployment group what-if "${what[@]}"
  fi
  go_on
  run az deployment group create "${what[@]}" --output none
  end
}

output() {
  stand_in=${1^^}
  read_from az deployment group show --resource-group "$group" --name gatehouse-foundation \
    --query "properties.outputs.$1.value" --output tsv --subscription "$subscription"
}

outputs() {
  vault=$(output vaultName)
  registry=$(output registryName)
  registry_server=$(output registryServer)
  database=$(output databaseHost)
  auth_origin=$(output authOrigin)
  mcp_origin=$(output mcpOrigin)
  mcp_url=$(output mcpUrl)
}

# From a file to the vault. The command would print the value if it were let.
store() {
  run az keyvault secret set --vault-name "$vault" --name "$1" --file "$2" --encoding utf-8 --output none --subscription "$subscription"
}

store_if_missing() {
  if grep -qxF "$1" "$work/known"; then
    say "  $1 is there"
    return
  fi
  store "$1" "$work/$1"
}

random_hex() { openssl rand -hex 24; }

# TLS with the certificate checked: the images bring the authorities' file.
database_url() {
  printf 'postgres://%s:%s@%s/%s?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt' \
    "$1" "$(random_hex)" "$database" "$1"
}

list_secrets() { az keyvault secret list --vault-name "$vault" --query '[].name' --output tsv --subscription "$subscription" >"$work/known"; }

# Made once, never written over. Each is a file that only this user reads, until it is in the vault.
secrets() {
  begin "secrets"
  show az keyvault secret list --vault-name "$vault" --query '[].name' --output tsv --subscription "$subscription"
  if [ "$dry_run" = yes ]; then : >"$work/known"; else patiently list_secrets; fi
  if ! grep -qxF secret-keys "$work/known" && grep -qxF auth-server-database-url "$work/known"; then
    fail "the vault has lost secret-keys: bring it back (az keyvault secret recover or restore), a new one would cut every connection off"
  fi
  printf '%s' "$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')" >"$work/secret-keys"
  # Azure wants letters of both kinds, and digits.
  printf 'Aa1%s' "$(random_hex)" >"$work/postgres-admin-password"
  database_url auth_server >"$work/auth-server-database-url"
  database_url mcp_server >"$work/mcp-server-database-url"
  store_if_missing secret-keys
  store_if_missing postgres-admin-password
  store_if_missing auth-server-database-url
  store_if_missing mcp-server-database-url
  if grep -Eq "^param upstreamIssuer = '.+'" "deploy/azure/$instance.bicepparam" && ! grep -qxF upstream-client-secret "$work/known" && [ "$dry_run" = no ]; then
    fail "there is a provider and no secret for it: ./deploy.sh $instance --set-secret upstream-client-secret < FILE"
  fi
  end
}

has_image() {
  [ "$dry_run" = no ] && az acr repository show --name "$registry" --image "$1" --output none --subscription "$subscription" 2>/dev/null
}

# From the commit itself: nothing that lies about in the work tree can get into an image.
build() {
  if has_image "$1:$commit"; then
    say "  $1:$commit is there"
  elif [ "$builder" = docker ]; then
    run docker build --platform linux/amd64 --target "$1" --tag "$registry_server/$1:$commit" "$work/source"
    run docker push "$registry_server/$1:$commit"
  else
    run az acr build --registry "$registry" --image "$1:$commit" --target "$1" --file Dockerfile --timeout 7200 --subscription "$subscription" "$work/source"
  fi
}

images() {
  begin "images of $commit"
  mkdir "$work/source"
  # The modes of the commit, not those of this script's files.
  (umask 022 && git archive "$commit" | tar -x -C "$work/source")
  if [ "$builder" = docker ]; then run az acr login --name "$registry" --subscription "$subscription"; fi
  build auth-server
  build mcp-server
  if has_image postgres:17; then
    say "  postgres:17 is there"
  else
    # For its psql alone.
    run az acr import --name "$registry" --source docker.io/library/postgres:17 --image postgres:17 --subscription "$subscription"
  fi
  end
}

roles() {
  begin "roles and databases"
  local execution status
  run az containerapp job start --name database-roles --resource-group "$group" --query name --output tsv --subscription "$subscription" >"$work/execution"
  execution=$(cat "$work/execution")
  local ask=(az containerapp job execution show --name database-roles --resource-group "$group"
    --job-execution-name "${execution:-EXECUTION}" --query properties.status --output tsv --subscription "$subscription")
  show "${ask[@]}"
  if [ "$dry_run" = no ]; then
    for _ in $(seq 60); do
      status=$("${ask[@]}")
      case $status in
        Succeeded) end; return ;;
        Failed | Stopped | Degraded) fail "database-roles $status: its logs say why" ;;
      esac
      sleep 10
    done
    fail "database-roles is not done after ten minutes"
  fi
  end
}

# The newest revision is the one that serves, and it answers by its public name.
serves() {
  [ "$(az containerapp show --name "$1" --resource-group "$group" --query 'properties.latestRevisionName == properties.latestReadyRevisionName' \
    --output tsv --subscription "$subscription")" = true ] &&
    curl --fail --silent --show-error --output /dev/null --max-time 10 "$2/readyz"
}

ready() {
  begin "both are ready"
  show curl --fail --silent --show-error --output /dev/null --max-time 10 "$auth_origin/readyz"
  show curl --fail --silent --show-error --output /dev/null --max-time 10 "$mcp_origin/readyz"
  if [ "$dry_run" = no ]; then
    patiently serves auth-server "$auth_origin"
    patiently serves mcp-server "$mcp_origin"
  fi
  end
}

check() {
  if [ "$conform" = no ]; then
    say ""
    say "Not checked with conform. Make an account (chatgpt-apps/deploy.md), then: cargo conform $mcp_url"
    return
  fi
  begin "conform"
  if [ -n "${CONFORM_USER:-}" ]; then
    run cargo conform "$mcp_url" --user "$CONFORM_USER" --password-stdin <"$CONFORM_PASSWORD_FILE"
  else
    run cargo conform "$mcp_url"
  fi
  end
}

deploy() {
  account
  conform_account
  source_state
  say "Deploys commit $commit to $instance: resource group $group, subscription $subscription."
  say "Goes through: foundation, secrets that are missing, images, database, roles, apps, readiness, conform."
  stage foundation "network, registry, vault, identities"
  outputs
  secrets
  images
  stage database "PostgreSQL, and who may read which secret"
  roles
  stage apps "auth-server and mcp-server"
  ready
  check
  say ""
  say "$instance serves $commit at $mcp_url"
}

set_secret() {
  [ ! -t 0 ] || fail "the secret comes from standard input: ./deploy.sh $instance --set-secret $secret < FILE"
  # Without the newline a file ends with: it would be part of the secret.
  printf '%s' "$(cat)" >"$work/$secret"
  [ -s "$work/$secret" ] || fail "nothing came from standard input"
  vault=$(output vaultName)
  store "$secret" "$work/$secret"
  say "A program reads it when a new revision starts, or within half an hour."
}

status() {
  for app in auth-server mcp-server; do
    run az containerapp revision list --name "$app" --resource-group "$group" --all --subscription "$subscription" \
      --query '[].{revision:name, image:properties.template.containers[0].image, active:properties.active, health:properties.healthState, made:properties.createdTime}' --output table
  done
}

main() {
  cd "$(dirname "${BASH_SOURCE[0]}")"
  arguments "$@"
  group=${GATEHOUSE_GROUP:-gatehouse-$instance}
  tools
  if [ "$instance" = prod ] && [ "$action" != status ]; then refuse_prod; fi
  umask 077
  work=$(mktemp -d)
  trap ended EXIT
  right_place
  case $action in
    deploy) deploy ;;
    secret)
      case $secret in
        *[!a-z0-9-]* | '') fail "a secret's name has small letters, digits and hyphens" ;;
      esac
      set_secret
      ;;
    status) status ;;
  esac
}

main "$@"
