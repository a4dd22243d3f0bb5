# shellcheck shell=sh
# What both measurements stand on: a HOME and requests of their own, a private keychain, and the count of instructions.
# Sourced from the top of the repository.

token=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
scene=$(mktemp -d)
background=''
leave() {
    # shellcheck disable=SC2086 # a list of process ids
    [ -z "$background" ] || kill $background 2>/dev/null || true
    rm -rf "$scene"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

fail() {
    printf '%s: %s\n' "$0" "$1" >&2
    exit 1
}

# a HOME whose HF home holds one token; an older file is not taken for one that is being written
home=$scene/home
mkdir -p "$home/.cache/huggingface" "$scene/nobody"
printf '%s\n' "$token" >"$home/.cache/huggingface/token"
printf '[work]\nhf_token = %s\n\n' "$token" >"$home/.cache/huggingface/stored_tokens"
touch -d '1 hour ago' "$home/.cache/huggingface/"*

# requests as git 2.47 writes them
printf 'capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=huggingface.co\nwwwauth[]=Basic realm="x"\n\n' \
    >"$scene/get"
sed 's/huggingface\.co/example.com/' "$scene/get" >"$scene/foreign"
printf 'protocol=https\nhost=huggingface.co\nusername=hf_user\npassword=%s\n\n' "$token" >"$scene/store"
: >"$scene/nothing"

build() {
    cargo build --locked --release --quiet
    rustc --edition 2024 -C opt-level=3 -C lto=fat -C codegen-units=1 -C strip=symbols -o "$scene/empty" \
        tests/bench/empty.rs
    helper=${CARGO_TARGET_DIR:-target}/release/git-credential-hf
    case $helper in /*) ;; *) helper=$PWD/$helper ;; esac
}

# in_scene REQUEST HOME VARIABLES PROGRAM [ARGUMENT]...: runs it with nothing of whoever measures but that
in_scene() {
    input=$1 at=$2 variables=$3
    shift 3
    # shellcheck disable=SC2086 # a list without spaces in it
    (cd "$scene" && env -i "HOME=$at" PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 $variables "$@" <"$scene/$input")
}

# the same words: what it and all that it starts take to run
instructions() {
    input=$1 at=$2 variables=$3
    shift 3
    in_scene "$input" "$at" "$variables" valgrind --tool=callgrind --trace-children=yes \
        --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/^.*Collected : //p' | awk '{ sum += $1 } END { print sum }'
}

# an unlocked gnome-keyring on a bus of its own; sets bus to its address
start_keyring() {
    run=$scene/run
    mkdir -m 700 "$run"
    cat >"$scene/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$run/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
    bus=DBUS_SESSION_BUS_ADDRESS=unix:path=$run/bus
    env -i "HOME=$scene/nobody" dbus-daemon --nofork --config-file="$scene/bus.conf" >/dev/null 2>&1 &
    background="$background $!"
    for _ in $(seq 100); do [ ! -S "$run/bus" ] || break; sleep 0.05; done
    echo password >"$scene/password"
    env -i "HOME=$scene/nobody" "XDG_RUNTIME_DIR=$run" "XDG_DATA_HOME=$run/data" "$bus" gnome-keyring-daemon \
        --foreground --unlock --components=secrets --control-directory="$run/control" <"$scene/password" \
        >/dev/null 2>&1 &
    background="$background $!"
    env -i "$bus" gdbus wait --session --timeout 20 org.freedesktop.secrets || fail 'no keychain'
    in_scene store "$scene/nobody" "$bus" "$helper" store
}
