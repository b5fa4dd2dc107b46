#!/bin/sh
# Checks that a running novita-fleet says how far its sync is. Needs curl and node.
#
#   scripts/test-sync-status.sh [URL]        default: $SYNC_URL, else http://127.0.0.1:3000
#
# SOURCE=kubernetes checks the sync with the cluster that is mirrored, and the headers of its pods.
#
# With an operator's key in KEY it also runs a sync, which touches nothing that is missing at Novita, and watches the
# headers change. Ends with 0 when every check holds, with 1 when one does not, with 3 when the API cannot be reached.
set -u

url=${1:-${SYNC_URL:-http://127.0.0.1:3000}}
url=${url%/}
case ${SOURCE:-novita} in
  novita)
    status_path=/api/v1/sync/status
    list_path=/api/v1/instances
    sync_path='/api/v1/instances/sync?wait=true'
    sync_body='{"handleObsoleteInstances": false}'
    ;;
  kubernetes)
    status_path='/api/v1/sync/status?source=kubernetes'
    list_path=/api/v1/pods
    sync_path=/api/v1/sync/kubernetes
    sync_body='{"kinds": ["Pod"]}'
    ;;
  *)
    printf 'test-sync-status: SOURCE must be novita or kubernetes, not "%s"\n' "$SOURCE" >&2
    exit 64
    ;;
esac
folder=$(mktemp -d) || exit 70
trap 'rm -rf "$folder"' EXIT
failed=0

ask() { # NAME PATH: keeps the headers and the body of one answer
  curl -sS --max-time 10 -D "$folder/$1.headers" -o "$folder/$1.body" "$url$2"
}

check() { # TITLE NAME SCRIPT: the script sees `headers`, `body` and `must`, and throws what is wrong
  if wrong=$(FILE="$folder/$2" SCRIPT="$3" node --input-type=module -e "
    import { readFileSync } from 'node:fs';
    const { FILE, SCRIPT } = process.env;
    const lines = readFileSync(FILE + '.headers', 'latin1').split(/\r?\n/).filter((line) => line.includes(':'));
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const must = (holds, text) => {
      if (!holds) throw new Error(text);
    };
    try {
      const text = readFileSync(FILE + '.body', 'utf8');
      let body;
      try {
        body = JSON.parse(text);
      } catch {
        throw new Error('not JSON: ' + text.slice(0, 200));
      }
      new Function('headers', 'body', 'must', SCRIPT)(headers, body, must);
    } catch (error) {
      process.stdout.write(error.message);
      process.exit(1);
    }
  "); then
    printf 'ok   %s\n' "$1"
  else
    printf 'FAIL %s: %s\n' "$1" "$wrong"
    failed=1
  fi
}

header() { # NAME of the answer, NAME of the header
  tr -d '\r' <"$folder/$1.headers" | awk -v name="x-sync-$2" '
    tolower(substr($0, 1, length(name) + 1)) == tolower(name) ":" {
      value = substr($0, length(name) + 2)
      sub(/^[ \t]+/, "", value)
      print value
      exit
    }'
}

if ! ask health /api/v1/health || ! ask status "$status_path"; then
  printf 'test-sync-status: cannot reach %s\n' "$url" >&2
  exit 3
fi

STATES="['not_started', 'in_progress', 'completed', 'failed']"

check '1. health includes the status of the sync' health "
  must(typeof body.status === 'string', 'status is missing');
  must(!Number.isNaN(Date.parse(body.timestamp)), 'timestamp is no time: ' + body.timestamp);
  must($STATES.includes(body.sync?.status), 'sync.status is ' + body.sync?.status);
"

check '2. the sync status is valid JSON with its fields' status "
  must($STATES.includes(body.status), 'status is ' + body.status);
  must(body.step === undefined || ['cleanup', 'sync', 'informer', 'done'].includes(body.step), 'step is ' + body.step);
  must(Number.isInteger(body.totalResources), 'totalResources is ' + body.totalResources);
  must(Number.isInteger(body.syncedResources), 'syncedResources is ' + body.syncedResources);
  must(body.syncedResources <= body.totalResources, 'more resources synced than there are');
  must(Array.isArray(body.resourceStatus), 'resourceStatus is no list');
  for (const { name, status, count } of body.resourceStatus) {
    must(typeof name === 'string', 'a resource has no name');
    must(['pending', 'in_progress', 'completed', 'failed'].includes(status), name + ' is ' + status);
    must(Number.isInteger(count), name + ' has no count');
  }
  const isTime = (text) => !Number.isNaN(Date.parse(text));
  if (body.status !== 'not_started') must(isTime(body.startTime), 'startTime is ' + body.startTime);
  if (body.status === 'completed') must(isTime(body.endTime), 'endTime is ' + body.endTime);
  if (body.status === 'completed') must(Number.isFinite(body.duration), 'duration is ' + body.duration);
  if (body.status === 'failed') must(typeof body.error === 'string', 'it failed without an error');
"

# Any answer of the API will do: without a key this one is a rejection, and carries them all the same.
ask list "$list_path"
if [ -n "$(header list Status)" ] && [ -n "$(header health Status)" ]; then
  printf 'ok   3. answers carry X-Sync-* headers\n'
else
  printf 'FAIL 3. answers carry X-Sync-* headers: X-Sync-Status is missing\n'
  failed=1
fi

# Headers and body of one answer are of one moment.
FITS="
  const has = (name) => headers['x-sync-' + name] !== undefined;
  const only = (...names) => {
    for (const name of ['step', 'progress', 'current-resource', 'end-time', 'duration', 'error']) {
      must(names.includes(name) || !has(name), body.status + ' must not come with X-Sync-' + name);
    }
  };
  must(headers['x-sync-status'] === body.status, headers['x-sync-status'] + ' in the header, ' + body.status + ' in the body');
  switch (body.status) {
    case 'in_progress':
      only('step', 'progress', 'current-resource');
      must(has('step'), 'X-Sync-Step is missing');
      must(/^\\d+\\/\\d+\$/.test(headers['x-sync-progress']), 'X-Sync-Progress is ' + headers['x-sync-progress']);
      break;
    case 'completed':
      only('end-time', 'duration');
      must(headers['x-sync-end-time'] === body.endTime, 'X-Sync-End-Time is ' + headers['x-sync-end-time']);
      must(headers['x-sync-duration'] === body.duration + 'ms', 'X-Sync-Duration is ' + headers['x-sync-duration']);
      break;
    case 'failed':
      only('error');
      must(/^[ -~]{1,200}\$/.test(headers['x-sync-error']), 'X-Sync-Error is ' + headers['x-sync-error']);
      break;
    default:
      only();
  }
"
check '4. the headers are those of the state' status "$FITS"

if [ -n "${KEY:-}" ]; then
  before=$(header status End-Time)
  curl -sS --max-time 120 -o "$folder/sync.body" -X POST "$url$sync_path" \
    -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
    -d "$sync_body" &
  sync=$!
  states=
  while kill -0 "$sync" 2>/dev/null; do
    ask status "$status_path"
    check "   $(header status Status) $(header status Progress)" status "$FITS" >"$folder/fit"
    if ! grep -q '^ok' "$folder/fit"; then
      cat "$folder/fit"
      failed=1
    fi
    case " $states " in
      *" $(header status Status) "*) ;;
      *) states="$states $(header status Status)" ;;
    esac
  done
  wait "$sync"
  # It is answered when its result is there; the status says so a moment later.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    ask status "$status_path"
    after=$(header status End-Time)
    [ -z "$after" ] || [ "$after" = "$before" ] || break
    sleep 1
  done
  if [ -n "$after" ] && [ "$after" != "$before" ]; then
    printf 'ok   4. the headers change with the state:%s, then completed at %s\n' "$states" "$after"
  else
    printf 'FAIL 4. the headers change with the state: "%s" before the sync, "%s" after it\n' "$before" "$after"
    head -c 500 "$folder/sync.body"
    failed=1
  fi
else
  printf 'note 4. no KEY is set, so that no sync was run to see the headers change\n'
fi

exit "$failed"
