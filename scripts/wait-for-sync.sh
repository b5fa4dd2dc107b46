#!/bin/sh
# Waits until a sync of novita-fleet has completed. Needs curl and nothing else; asks for no key.
#
#   scripts/wait-for-sync.sh [--timeout SECONDS] [--interval SECONDS] [--connect-timeout SECONDS]
#                            [--source novita|kubernetes] [--fail-on-held] [[--url] URL]
#
# Without a URL it asks $SYNC_URL, else http://127.0.0.1:3000. Without a source it waits for the sync with Novita.
# It goes by the X-Sync-* headers, prints a line whenever something changes, and ends with
#   0  completed
#   1  failed; the reason is on standard error
#   2  not completed within --timeout (default 300)
#   3  cannot be reached for --connect-timeout in a row (default 30)
#   4  completed, but a listing is held and wants a decision (only with --fail-on-held)
#   64 wrong arguments
set -u

url=${SYNC_URL:-http://127.0.0.1:3000}
timeout=300
interval=1
connect_timeout=30
source=novita
fail_on_held=no

usage() {
  sed -n '2,/^set /{ s/^# \{0,1\}//p; }' "$0"
}

wrong() {
  printf 'wait-for-sync: %s\n' "$1" >&2
  usage >&2
  exit 64
}

while [ $# -gt 0 ]; do
  case $1 in
    --url | --timeout | --interval | --connect-timeout | --source)
      [ $# -ge 2 ] || wrong "$1 wants a value"
      case $1 in
        --url) url=$2 ;;
        --timeout) timeout=$2 ;;
        --interval) interval=$2 ;;
        --source) source=$2 ;;
        *) connect_timeout=$2 ;;
      esac
      shift 2
      ;;
    --fail-on-held)
      fail_on_held=yes
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    http://* | https://*)
      url=$1
      shift
      ;;
    *) wrong "unknown argument $1" ;;
  esac
done
for number in "$timeout" "$interval" "$connect_timeout"; do
  case $number in
    '' | *[!0-9]*) wrong "\"$number\" is no number of whole seconds" ;;
  esac
done

case $source in
  novita) url=${url%/}/api/v1/sync/status ;;
  kubernetes) url=${url%/}/api/v1/sync/status?source=kubernetes ;;
  *) wrong "the source must be novita or kubernetes, not \"$source\"" ;;
esac
answer=$(mktemp) || exit 70
trap 'rm -f "$answer"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The value of one header of the answer; empty when it has none.
header() {
  tr -d '\r' <"$answer" | awk -v name="$1" '
    tolower(substr($0, 1, length(name) + 1)) == tolower(name) ":" {
      value = substr($0, length(name) + 2)
      sub(/^[ \t]+/, "", value)
      print value
      exit
    }'
}

# Prints a line unless it is the one that was printed last.
said=
say() {
  [ "$1" = "$said" ] || printf 'sync: %s\n' "$1"
  said=$1
}

held() {
  grep -q '"held" *: *{' "$answer"
}

begun=$(date +%s)
reached=$begun
problem='never asked'
while :; do
  # --include puts the headers in front of the body, so that both are of one moment.
  if ! problem=$(curl -sS --include --max-time 10 -o "$answer" "$url" 2>&1); then
    state=
  else
    state=$(header X-Sync-Status)
    problem="$(head -n 1 "$answer" | tr -d '\r') without X-Sync-Status from $url"
  fi

  now=$(date +%s)
  [ -z "$state" ] || reached=$now
  case $state in
    completed)
      say "completed at $(header X-Sync-End-Time) after $(header X-Sync-Duration)"
      if [ "$fail_on_held" = yes ] && held; then
        printf 'wait-for-sync: a listing is held: see "held" in %s\n' "$url" >&2
        exit 4
      fi
      exit 0
      ;;
    failed)
      say failed
      printf 'wait-for-sync: the sync failed: %s\n' "$(header X-Sync-Error)" >&2
      exit 1
      ;;
    in_progress) say "in progress, $(header X-Sync-Step) $(header X-Sync-Progress) $(header X-Sync-Current-Resource)" ;;
    '') say "cannot reach it: $problem" ;;
    *) say "$state" ;;
  esac

  if [ $((now - reached)) -ge "$connect_timeout" ]; then
    printf 'wait-for-sync: cannot reach it for %s s: %s\n' "$connect_timeout" "$problem" >&2
    exit 3
  fi
  if [ $((now - begun)) -ge "$timeout" ]; then
    printf 'wait-for-sync: not completed within %s s\n' "$timeout" >&2
    exit 2
  fi
  sleep "$interval"
done
