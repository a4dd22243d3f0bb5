#!/bin/sh
# Side by side, in one run: what one credential costs from this helper, from git's own, from hf and from a shell one-liner,
# against an empty program. Prints the table that RESULTS.md keeps:
#
#     tests/bench/compare.sh >tests/bench/RESULTS.md
#
# Takes a minute or two; ROUNDS=1000 takes longer and is steadier. hyperfine, as Debian 12 has it, cannot feed a program its
# stdin without a shell that costs more than the program, so pairs.rs measures.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/scene.sh
. tests/bench/scene.sh

rounds=${ROUNDS:-300}
python=${HF_VENV:-target/venv}/bin/python
contrib=/usr/share/doc/git/contrib/credential/libsecret/git-credential-libsecret.c

missing=''
for pair in git:git valgrind:valgrind strace:strace time:time pkg-config:pkg-config \
    dbus-daemon:dbus gdbus:libglib2.0-bin gnome-keyring-daemon:gnome-keyring cc:gcc python3:python3-venv; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/bin/${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
pkg-config --exists libsecret-1 2>/dev/null || missing="$missing libsecret-1-dev"
[ -r "$contrib" ] || missing="$missing git"
musl=$(uname -m)-unknown-linux-musl
rustup target list --installed 2>/dev/null | grep -qx "$musl" || musl=''
# ring's C
[ -z "$musl" ] || command -v musl-gcc >/dev/null || missing="$missing musl-tools"
if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086 # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 && missing=''
fi
[ -z "$missing" ] || fail "missing (Debian: apt-get install$missing)"
if ! "$python" -c 'import huggingface_hub' 2>/dev/null; then
    python3 -m venv "${HF_VENV:-target/venv}" && "$python" -m pip install --quiet huggingface_hub >&2
fi
hf=$(cd "$(dirname "$python")" && pwd)/hf

build
rustc --edition 2024 -O -o "$scene/pairs" tests/bench/pairs.rs
# shellcheck disable=SC2046 # a list of flags
cc -O2 -o "$scene/git-credential-libsecret" "$contrib" $(pkg-config --cflags --libs libsecret-1)
printf 'https://hf_user:%s@huggingface.co\n' "$token" >"$home/.git-credentials"
# shellcheck disable=SC2016 # for the other shell
printf 'echo username=hf_user; echo "password=$(cat "$HOME/.cache/huggingface/token")"\n' >"$scene/one-liner"
start_keyring
# it prints what it is told to store
in_scene store "$scene/nobody" "$bus" "$scene/git-credential-libsecret" store >/dev/null
cache=$scene/cache/socket
mkdir -m 700 "$scene/cache"
in_scene store "$home" '' git credential-cache --socket "$cache" --timeout 3600 store
leave_cache() {
    in_scene nothing "$home" '' git credential-cache --socket "$cache" exit || true
    leave
}
trap leave_cache EXIT

peak() {
    in_scene "$input" "$at" "$variables" /usr/bin/time -f %M -o "$scene/peak" "$@" >/dev/null 2>&1
    tail -n 1 "$scene/peak"
}
calls() {
    in_scene "$input" "$at" "$variables" strace -f -o "$scene/calls" "$@" >/dev/null 2>&1
    grep -v -c -e 'resumed>' -e '^[0-9]* [+-]' "$scene/calls"
}
# in turn with the empty program: what pairs.rs prints
wall() {
    in_scene nothing "$at" "$variables" "$scene/pairs" "$rounds" 1 "$scene/$input" "$scene/empty" -- "$@"
}
# measure LABEL REQUEST HOME VARIABLES PROGRAM [ARGUMENT]...: a line of the table
measure() {
    label=$1
    shift
    input=$1 at=$2 variables=$3
    count=$(instructions "$@")
    shift 3
    [ "$label" != 'an empty Rust program' ] || empty=$count
    in_scene "$input" "$at" "$variables" "$@" >"$scene/answer" 2>/dev/null || fail "$label failed"
    program=$(PATH=/usr/local/bin:/usr/bin:/bin command -v "$1")
    walls=$(wall "$@")
    awk -v label="$label" -v count="$count" -v empty="$empty" -v walls="$walls" \
        -v peak="$(peak "$@")" -v calls="$(calls "$@")" -v size="$(wc -c <"$program")" 'BEGIN {
        split(walls, wall, " ")
        printf "| %s | %d k | %.2f | %.2f ms | %.2f | %.1f MB | %d | %.2f MB |\n",
            label, count / 1000, count / empty, wall[2], wall[3], peak / 1024, calls, size / 1e6
    }'
}

first_of() {
    "$@" 2>/dev/null | head -n 1
}
system=$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
cat <<HEAD
# What one credential costs

The last run of \`tests/bench/compare.sh\`, on $(date +%F): $(nproc) cores of $cpu, $(uname -sm | tr '[:upper:]' '[:lower:]'), $system,
$(first_of rustc --version | cut -d ' ' -f 1,2), $(PATH=/usr/local/bin:/usr/bin:/bin git --version), huggingface_hub $(
    "$python" -c 'import huggingface_hub; print(huggingface_hub.__version__)'
), $(first_of valgrind --version).

Instructions are callgrind's and repeat exactly. Times are medians of $rounds pairs: the empty program and the other in
turn, so that what else the machine did hit both.

| one call | instructions | × empty | time | × empty | peak memory | system calls | program |
|---|---|---|---|---|---|---|---|
HEAD
measure 'an empty Rust program' nothing "$home" '' "$scene/empty"
measure '**get, the HF home has it**' get "$home" '' "$helper" get
measure '**get, HF_TOKEN**' get "$home" "HF_TOKEN=$token" "$helper" get
measure '**get, a host that is not ours**' foreign "$home" '' "$helper" get
measure '**store, the HF home has it**' store "$home" '' "$helper" store
measure '**get, the keychain has it**' get "$scene/nobody" "$bus" "$helper" get
measure 'git credential-store get' get "$home" '' git credential-store get
measure 'git credential-cache get, its daemon up' get "$home" '' git credential-cache --socket "$cache" get
measure "git's libsecret helper, get" get "$scene/nobody" "$bus" "$scene/git-credential-libsecret" get
measure 'a shell one-liner' get "$home" '' dash "$scene/one-liner"
rounds=5
measure 'hf auth token' nothing "$home" '' "$hf" auth token

# in_pairs HOME VARIABLES ONE... -- OTHER...
in_pairs() {
    paired_at=$1 paired_with=$2
    shift 2
    in_scene nothing "$paired_at" "$paired_with" "$scene/pairs" 100 1 "$scene/get" "$@" | cut -d ' ' -f 3
}
cat <<MORE

In turn with each other, \`get\` from the HF home takes $(
    in_pairs "$home" '' git credential-store get -- "$helper" get
) of the time of git credential-store, and \`get\` from
the keychain $(
    in_pairs "$scene/nobody" "$bus" "$scene/git-credential-libsecret" get -- "$helper" get
) of the time of git's libsecret helper.
MORE

# many HOMEs: as many sections as the name says, of the size of hf's own
crowded() {
    at=$scene/$1
    mkdir -p "$at/.cache/huggingface"
    awk -v many="$1" -v token="$token" 'BEGIN {
        for (i = 1; i <= many; i++) printf "[token-%06d]\nhf_token = %s%06d\n\n", i, substr(token, 1, 31), i
    }' >"$at/.cache/huggingface/stored_tokens"
    sed -n '$!{h;d};x;s/^hf_token = //p' "$at/.cache/huggingface/stored_tokens" >"$at/.cache/huggingface/token"
    touch -d '1 hour ago' "$at/.cache/huggingface/"*
}
rounds=${ROUNDS:-300} input=get variables=''
at=$home
few_ms=$(wall "$helper" get | cut -d ' ' -f 4)
few_peak=$(peak "$helper" get)
few=$(instructions get "$home" '' "$helper" get)
cat <<'MORE'

The active token is the last of so many sections in `stored_tokens`; time (of the fastest run)
and memory are above those of a file with one:

| sections | file | instructions a byte | time | read at | memory |
|---|---|---|---|---|---|
MORE
for many in 10000 20000 100000; do
    crowded "$many"
    ms=$(wall "$helper" get | cut -d ' ' -f 4)
    awk -v many="$many" -v bytes="$(wc -c <"$at/.cache/huggingface/stored_tokens")" -v few="$few" -v few_ms="$few_ms" \
        -v few_peak="$few_peak" -v ms="$ms" -v peak="$(peak "$helper" get)" \
        -v count="$(instructions get "$at" '' "$helper" get)" 'BEGIN {
        printf "| %d | %.2f MB | %.1f | %.2f ms | %.0f MB/s | %.2f times the file |\n", many, bytes / 1e6,
            (count - few) / bytes, ms - few_ms, bytes / 1000 / (ms - few_ms), 1024 * (peak - few_peak) / bytes
    }'
done

rates=$(in_scene nothing "$home" '' "$scene/pairs" 40 64 "$scene/get" "$scene/empty" -- "$helper" get)
echo "$rates" | awk '{
    printf "\n64 at once, from the HF home: %d a second, %.2f of what the empty program reaches.\n\n", 64000 / $2, 1 / $3
}'
tree() {
    cargo tree --locked --edges "$1" --prefix none --target "$2" | sort -u | grep -c .
}
host=$(rustc -vV | sed -n 's/^host: //p')
cat <<MORE
\`cargo tree\`: $(tree normal "$host") crates are linked on $host, this one included; $(tree normal,build "$host") with those
that only build.
MORE
if [ -n "$musl" ]; then
    cargo build --locked --release --quiet --target "$musl"
    static=${helper%/release/*}/$musl/release/git-credential-hf
    count=$(instructions get "$home" '' "$static" get)
    awk -v count="$count" -v empty="$empty" -v size="$(wc -c <"$static")" 'BEGIN {
        printf "\nStatic musl: %d k instructions, %.2f of the empty dynamic program; %.2f MB.\n",
            count / 1000, count / empty, size / 1e6
    }'
else
    printf '\nThe static musl target was not installed, so it was not measured.\n'
fi
