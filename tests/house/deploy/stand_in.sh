#!/usr/bin/env bash
# Stands for az, cargo, curl, docker and sleep: writes down how it was called, and answers as if a subscription were there.
set -euo pipefail

name=$(basename "$0")
call="$name $*"
printf '%s\n' "$call" >>"$STAND_IN/calls"
if [ -n "${STAND_IN_FAILS:-}" ]; then
  case $call in
    "$STAND_IN_FAILS"*)
      echo "$name: refused" >&2
      exit 1
      ;;
  esac
fi

# The value behind an option.
of() {
  local option=$1
  shift
  while [ $# -gt 1 ]; do
    if [ "$1" = "$option" ]; then
      printf '%s' "$2"
      return
    fi
    shift
  done
}

case $call in
  'az account show'*) echo subscription-1 ;;
  'az group show'*) printf '%s\n' "$STAND_IN_TAG" ;;
  'az deployment group show'*)
    case $call in
      *databaseHost*) echo psql-1.postgres.database.azure.com ;;
      *mcpUrl*) echo https://mcp.example.com/mcp ;;
      *mcpOrigin*) echo https://mcp.example.com ;;
      *authOrigin*) echo https://auth.example.com ;;
      *registryServer*) echo registry1.azurecr.io ;;
      *registryName*) echo registry1 ;;
      *vaultName*) echo vault-1 ;;
    esac
    ;;
  'az deployment group create'*) printf '%s\n' "$GATEHOUSE_STAGE $GATEHOUSE_COMMIT" >>"$STAND_IN/stages" ;;
  'az keyvault secret list'*) ls "$STAND_IN/vault" ;;
  'az keyvault secret set'*)
    cp "$(of --file "$@")" "$STAND_IN/vault/$(of --name "$@")"
    # So does the real one, unless it is told not to.
    [ "$(of --output "$@")" = none ] || cat "$(of --file "$@")"
    ;;
  'az acr repository show'*) test -e "$STAND_IN/images/$(of --image "$@")" ;;
  'az acr build'* | 'az acr import'*)
    touch "$STAND_IN/images/$(of --image "$@")"
    if [ -d "${!#}" ]; then
      find "${!#}" -type f -printf '%P\n' | sort >"$STAND_IN/context"
    fi
    ;;
  'az containerapp job start'*) echo run-1 ;;
  'az containerapp job execution show'*) echo "${STAND_IN_JOB:-Succeeded}" ;;
  'az containerapp show'*) echo true ;;
  'cargo conform'*) cat >"$STAND_IN/typed" ;;
esac
