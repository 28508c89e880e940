#!/bin/sh
# Starts Prometheus, Alertmanager and Grafana from the compose file beside this one, and waits until they are healthy.
set -eu

usage() {
  cat <<'USAGE'
Usage: start-monitoring.sh [--production] [--timeout SECONDS] [SERVICE...]
       start-monitoring.sh [--production] --down [--volumes]

Starts Prometheus, Alertmanager and Grafana in containers, waits until all of
them are healthy, and prints where they are. With the names of services, only
these and what they need: `start-monitoring.sh prometheus`.

  --down              stop and remove the containers; data stays
  --volumes           with --down: remove the data, too
  --production        docker-compose.prod.yml instead of docker-compose.yml
  --timeout SECONDS   how long to wait until all are healthy [300]
  --help              this text

Needs Docker with Compose: v2 (`docker compose`), or docker-compose 1.29.
Images and ports can be replaced by variables: see the head of the compose file.
Exit codes: 0 all are healthy, 1 they are not, 2 something is missing.
USAGE
}

say() { printf '%s\n' "$*"; }

# What is wrong, and on the lines after it what to do.
fail() {
  code=$1 what=$2
  shift 2
  printf 'error: %s\n' "$what" >&2
  for remedy in "$@"; do printf '  %s\n' "$remedy" >&2; done
  exit "$code"
}

engine() {
  command -v docker >/dev/null 2>&1 || fail 2 'there is no docker on PATH' \
    'install Docker Engine or Docker Desktop: https://docs.docker.com/engine/install/'
  said=$(docker version --format '{{.Server.Version}}' 2>&1) && return
  case $said in
    *'permission denied'*) fail 2 'this user may not talk to Docker' \
      "run 'sudo usermod -aG docker $(id -un)' and log in again, or run this with sudo" ;;
    *) fail 2 "Docker does not answer: $(say "$said" | tail -n 1)" \
      "start it: 'sudo systemctl start docker', or open Docker Desktop" ;;
  esac
}

# Compose v2 is a plugin of docker, 1.29 a program of its own; v2 can be installed as that, too.
find_compose() {
  if docker compose version >/dev/null 2>&1; then
    compose='docker compose'
    return
  fi
  compose=docker-compose
  command -v docker-compose >/dev/null 2>&1 || fail 2 'Docker has no Compose' \
    "install it: https://docs.docker.com/compose/install/, on Debian 'apt install docker-compose'"
  version=$(docker-compose version --short 2>/dev/null || true)
  case ${version#v} in
    1.29.* | [2-9].* | [1-9][0-9].*) ;;
    *) fail 2 "docker-compose ${version:-of an unknown version} is too old" \
      'install 1.29 or v2: https://docs.docker.com/compose/install/' ;;
  esac
}

compose() { $compose -f "$file" "$@"; }

# What docker-compose.prod.yml cannot start without.
prepared() {
  steps='README.md, "In production", has the steps'
  secrets=${SECRETS:-./secrets}
  for secret in grafana_admin_password grafana_secret_key \
    prometheus_password prometheus_ca prometheus_cert prometheus_key; do
    [ -f "$secrets/$secret" ] || fail 2 "there is no secret $secrets/$secret" "$steps"
  done
  ! grep -q REPLACE-ME prometheus/web.yml || fail 2 'prometheus/web.yml has no hash of the password yet' "$steps"
  for edited in prometheus/prometheus.yml grafana/provisioning/datasources/prometheus.yml; do
    ! grep -q '#production#' "$edited" || fail 2 "$edited still has lines marked #production#" "$steps"
  done
}

# Compose failed: what its words mean, as far as they are known.
explain() {
  case $(cat "$log") in
    *'port is already allocated'* | *'address already in use'*) fail 1 'a port is taken by another program' \
      'end it, or choose another port: PROMETHEUS_PORT=…, ALERTMANAGER_PORT=… or GRAFANA_PORT=…' ;;
    *'pull access denied'* | *'manifest unknown'* | *'manifest for '*' not found'* | *'no such host'* | \
      *'Client.Timeout'* | *'i/o timeout'* | *'TLS handshake timeout'* | *'connection refused'* | \
      *'context deadline exceeded'* | *'network is unreachable'*) fail 1 'an image cannot be fetched' \
      'mind the network and its proxy, or name images that are here:' \
      'PROMETHEUS_IMAGE=…, ALERTMANAGER_IMAGE=… or GRAFANA_IMAGE=…' ;;
    *unhealthy* | *'dependency failed to start'*) unhealthy ;;
    *) fail 1 'Compose could not start the containers' 'what it says stands above' ;;
  esac
}

container_of() { compose ps -aq "$1" 2>/dev/null | head -n 1; }

# healthy, starting, unhealthy; failing where it ends again and again; of one that does not run what it is, such as
# exited; absent.
state_of() {
  container=$(container_of "$1")
  [ -n "$container" ] || { say absent && return; }
  # shellcheck disable=SC2046 # three words
  set -- $(docker inspect "$container" \
    --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}} {{.RestartCount}}')
  case $1-$2 in
    running-healthy) say healthy ;;
    running-* | restarting-*)
      if [ "$3" -gt 2 ]; then say failing; elif [ "$1" = running ]; then say "$2"; else say "$1"; fi
      ;;
    *) say "$1" ;;
  esac
}

# Says of each container that is not well what it said last.
unhealthy() {
  for service in $all; do
    state=$(state_of "$service")
    case $state in healthy | absent | created) continue ;; esac
    printf '%s is %s; it said last:\n' "$service" "$state" >&2
    docker logs --tail 15 "$(container_of "$service")" 2>&1 | sed 's/^/  /' >&2
  done
  fail 1 'not all containers are healthy' "mend what they complain of; 'start-monitoring.sh --down' removes them"
}

# Compose waits without an end for a service that others need, so it is watched.
start() {
  say "starting $services ($compose -f $here/$file)"
  # What has to be fetched takes as long as it takes.
  # shellcheck disable=SC2086 # several words
  { compose up --no-start $services 2>&1 || say failed >"$log.failed"; } | tee "$log"
  [ ! -e "$log.failed" ] || explain
  # shellcheck disable=SC2086 # several words
  compose up -d $services >"$log" 2>&1 &
  up=$! waited=0 status=
  while [ -n "$(pending)" ]; do
    if [ -z "$status" ] && ! kill -0 "$up" 2>/dev/null; then
      status=0
      wait "$up" || status=$?
      [ "$status" -eq 0 ] || { cat "$log" >&2 && explain; }
    fi
    # What Compose has not come to yet may be stopped from before.
    case $status-$(pending) in
      *failing* | *unhealthy* | 0-*exited* | 0-*dead*) end_compose && unhealthy ;;
    esac
    if [ "$waited" -ge "$timeout" ]; then
      say "waited $timeout s, in vain" >&2
      end_compose && unhealthy
    fi
    sleep 1
    waited=$((waited + 1))
  done
  wait "$up" || true
}

end_compose() { kill "$up" 2>/dev/null || true; }

# The states of the services that are not healthy yet.
pending() {
  for service in $all; do
    state=$(state_of "$service")
    [ "$state" = healthy ] || say "$state"
  done
}

# A service that is published, its port, and what else there is to say.
address() {
  found=$(compose port "$1" "$2" 2>/dev/null | head -n 1 || true)
  case $found in '' | *:0) return 0 ;; esac
  printf '  %-13s http://localhost:%s%s\n' "$1" "${found##*:}" "$3"
}

# This machine as containers see it: what host.docker.internal became. Works with images that have no shell.
gateway() {
  docker cp "$(container_of alertmanager):/etc/hosts" - 2>/dev/null |
    sed -n 's/^\([0-9a-f.:]*\)[[:space:]].*host\.docker\.internal.*/\1/p' | head -n 1
}

tell() {
  login=
  [ "$file" != docker-compose.yml ] || login='   (admin, admin)'
  say 'all are healthy:'
  address grafana 3000 "$login"
  address prometheus 9090 ''
  address alertmanager 9093 ''
  desktop=$(docker info --format '{{.OperatingSystem}}' 2>/dev/null || true)
  if [ "$(uname -s)" != Linux ] || [ "$desktop" = 'Docker Desktop' ]; then
    say 'modules are expected on ports 8000 to 8002 of this machine, such as those of: dashproof serve'
    return
  fi
  gateway=$(gateway)
  say 'modules are expected on ports 8000 to 8002 of this machine. Containers do not reach what listens on localhost;'
  say 'let them, and what takes notifications, listen on the address of the bridge, which other machines do not reach:'
  say "  dashproof serve --listen ${gateway:-ADDRESS-OF-docker0}"
}

file=docker-compose.yml down=no volumes=no timeout=300 services=
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --down) down=yes ;;
    --volumes) volumes=yes ;;
    --production) file=docker-compose.prod.yml ;;
    --timeout=*) timeout=${1#*=} ;;
    --timeout)
      timeout=${2:-}
      [ $# -lt 2 ] || shift
      ;;
    prometheus | alertmanager | grafana) services="${services:+$services }$1" ;;
    *) fail 2 "$1 is neither an option nor a service" "see 'start-monitoring.sh --help'" ;;
  esac
  shift
done
case $timeout in
  '' | *[!0-9]*) fail 2 '--timeout needs a number of seconds' 'such as --timeout 600' ;;
esac
[ "$volumes" = no ] || [ "$down" = yes ] || fail 2 '--volumes goes with --down' 'start-monitoring.sh --down --volumes'
[ "$down" = no ] || [ -z "$services" ] || fail 2 '--down stops all services' 'leave their names out'

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# .env is read in the directory of the file by Compose v2, and in the current one by 1.29.
cd -- "$here"
engine
find_compose

if [ "$down" = yes ]; then
  # The file asks for a variable that stopping does not need.
  GRAFANA_URL=${GRAFANA_URL:-unknown}
  export GRAFANA_URL
  keep='the data is kept in volumes; --down --volumes removes it'
  [ "$volumes" = no ] || keep='the data is removed'
  if [ "$volumes" = yes ]; then compose down --remove-orphans --volumes; else compose down --remove-orphans; fi
  say "$keep"
  exit 0
fi

[ "$file" = docker-compose.yml ] || prepared
log=$(mktemp)
trap 'rm -f "$log" "$log.failed"' EXIT
trap 'exit 130' INT TERM
all=$(compose config --services 2>"$log") || fail 2 "$file cannot be read: $(tail -n 1 "$log")" \
  'set what it asks for, in the environment or in a file .env beside it'
# Asked for, and what these need.
case " $services " in
  '  ') services=$(say "$all" | tr '\n' ' ' | sed 's/ *$//') ;;
  *' grafana '*) all='alertmanager prometheus grafana' ;;
  *' prometheus '*) all='alertmanager prometheus' ;;
  *) all=$services ;;
esac
start
tell
