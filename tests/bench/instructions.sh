#!/bin/sh
# Guards what each call costs: instructions, which are the same on every run, against an empty program's and against
# fixed bounds. Times are not judged here; compare.sh shows them. Called by tests/run.sh.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/scene.sh
. tests/bench/scene.sh

status=0
# judge NAME COUNT BOUND: a bound in instructions
judge() {
    verdict=ok
    [ "$2" -le "$3" ] || { verdict='TOO MANY' status=1; }
    awk -v name="$1" -v count="$2" -v bound="$3" -v empty="$empty" -v verdict="$verdict" 'BEGIN {
        printf "%-40s %9d  %.2f of an empty program (at most %.2f)  %s\n", name, count, count / empty, bound / empty, verdict
    }'
}

build
empty=$(instructions nothing "$home" '' "$scene/empty")
[ "${empty:-0}" -gt 0 ] || fail 'valgrind counts nothing (Debian: apt-get install valgrind)'
printf '%-40s %9d\n' 'an empty program' "$empty"
judge 'get, the HF home has it' "$(instructions get "$home" '' "$helper" get)" $((empty * 155 / 100))
judge 'get, HF_TOKEN' "$(instructions get "$home" "HF_TOKEN=$token" "$helper" get)" $((empty * 150 / 100))
judge 'get, a host that is not ours' "$(instructions foreign "$home" '' "$helper" get)" $((empty * 145 / 100))
judge 'store, the HF home has it' "$(instructions store "$home" '' "$helper" store)" $((empty * 150 / 100))
judge 'get, HF_TOKEN beside a token command' \
    "$(instructions get "$home" "HF_TOKEN=$token" "$helper" --token-command false get)" $((empty * 150 / 100))
start_keyring
judge 'get, the keychain has it' "$(instructions get "$scene/nobody" "$bus" "$helper" get)" 1000000

size=$(wc -c <"$helper")
printf '%-40s %9d  bytes (less than 4.75 MiB)\n' 'the program' "$size"
[ "$size" -lt 4980736 ] || status=1
exit $status
