#!/usr/bin/env bash
# Writes per second with each policy of appendfsync, beside Debian's redis-server: make bench-fsync.
set -eu -o pipefail
ours=${1:?path of lockstep-server}
port=${PORT:-17990}
n=${N:-100000}
clients=${CLIENTS:-50}

# measure server policy: prints writes per second.
measure() {
	local dir pid
	dir=$(mktemp -d)
	"$1" --port "$port" --dir "$dir" --save '' --appendonly yes --appendfsync "$2" >"$dir/log" 2>&1 &
	pid=$!
	until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do sleep 0.05; done
	redis-benchmark -p "$port" -t set -n "$n" -c "$clients" -r 100000 -d 64 --csv | awk -F'"' '/^"SET"/ { print $4 }'
	kill "$pid"
	wait "$pid" || true
	rm -rf "$dir"
}

printf '%-10s %14s %14s %7s\n' appendfsync lockstep redis ratio
for policy in always everysec no; do
	a=$(measure "$ours" "$policy")
	b=$(measure redis-server "$policy")
	awk -v p="$policy" -v a="$a" -v b="$b" 'BEGIN { printf "%-10s %12.0f/s %12.0f/s %7.2f\n", p, a, b, a / b }'
done
