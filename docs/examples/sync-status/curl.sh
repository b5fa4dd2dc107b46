#!/bin/sh
# URL=http://127.0.0.1:3000 KEY=your-key sh curl.sh
set -eu
URL=${URL:-http://127.0.0.1:3000}
KEY=${KEY:-$(cat .data/development-api-key)}

# How far is it? Needs no key.
curl -sS "$URL/api/v1/sync/status"
echo

# The same from the headers that every answer carries.
curl -sS -o /dev/null -D - "$URL/api/v1/health" | grep -i '^x-sync-'

# Wait until a sync has completed; give up when it fails.
until
  state=$(curl -sS -o /dev/null -D - "$URL/api/v1/sync/status" | tr -d '\r' | sed -n 's/^[Xx]-[Ss]ync-[Ss]tatus: //p')
  echo "sync: $state"
  [ "$state" = completed ]
do
  [ "$state" != failed ] || exit 1
  sleep 1
done

# The latest runs, and how many of them failed.
curl -sS -H "Authorization: Bearer $KEY" "$URL/api/v1/sync/history"
echo

# What would a sync do now? Changes nothing. Needs an operator's key.
curl -sS -X POST "$URL/api/v1/instances/sync?wait=true" \
  -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"dryRun": true}'
echo

# Do it. With ?wait=true it joins one that is under way instead of being rejected with 409.
curl -sS -X POST "$URL/api/v1/instances/sync?wait=true" \
  -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"handleObsoleteInstances": true}'
echo

# Watch every step as it happens, here for two seconds. curl ends with 28 when its time is up.
curl -sS -N --max-time 2 -H "Authorization: Bearer $KEY" "$URL/api/v1/sync/events" || [ $? -eq 28 ]
