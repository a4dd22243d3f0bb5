#!/bin/sh
# Every check of this repository: installs the real programs that judge it where it may, and runs everything. What
# cannot be installed is a failure, never a skip.
set -eu
cd "$(dirname "$0")/.."

huggingface_hub=2.4.0
venv=target/venv
tools=${XDG_CACHE_HOME:-$HOME/.cache}/git-credential-hf/tools

step='the start'
say() {
    step=$1
    printf '\n== %s\n' "$step"
}
fail() {
    printf 'tests/run.sh: %s\n' "$1" >&2
    exit 1
}
ended() {
    [ "$1" -eq 0 ] || printf '\nFAILED at: %s\n' "$step" >&2
}
trap 'ended $?' EXIT

has() {
    command -v "$1" >/dev/null 2>&1
}

# the programs that are not there, and the Debian packages they come in
look_for_programs() {
    missing='' packages=''
    while read -r program package; do
        has "$program" && continue
        missing="$missing $program"
        packages="$packages $package"
    done <<LIST
git git
git-lfs git-lfs
gnome-keyring-daemon gnome-keyring
dbus-daemon dbus
gdbus libglib2.0-bin
secret-tool libsecret-tools
strace strace
valgrind valgrind
pass pass
gpg-agent gnupg
shellcheck shellcheck
bash bash
fish fish
zsh zsh
python3 python3-venv
LIST
    # Debian's python3 comes without what makes a venv
    if has python3 && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        missing="$missing python3-venv"
        packages="$packages python3-venv"
    fi
}

install_packages() {
    has apt-get || return 0
    if [ "$(id -u)" -eq 0 ]; then
        as_root=''
    elif has sudo && sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        return 0
    fi
    # a mirror that is away is no reason to stop: what is missing afterwards is
    # shellcheck disable=SC2086 # lists of words
    {
        $as_root apt-get update -qq || true
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $packages || true
    }
}

say 'the programs that judge'
for command in cargo 'cargo fmt' 'cargo clippy'; do
    $command --version >/dev/null 2>&1 || fail "$command is missing (https://rustup.rs, rustup component add)"
done
look_for_programs
if [ -n "$missing" ]; then
    install_packages
    look_for_programs
    [ -z "$missing" ] || fail "missing:$missing (Debian: apt-get install$packages)"
fi

say "huggingface_hub $huggingface_hub in $venv"
installed() {
    "$venv/bin/python" -c 'import huggingface_hub; print(huggingface_hub.__version__)' 2>/dev/null
}
if [ "$(installed)" != "$huggingface_hub" ]; then
    python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "huggingface_hub==$huggingface_hub" ||
        fail "cannot install huggingface_hub $huggingface_hub into $venv"
fi
HF_VENV=$PWD/$venv
export HF_VENV

# apt-get for another suite of Debian than this machine's: all it writes is below target/apt, and nothing is installed
use_suite() {
    apt=$PWD/target/apt
    # shellcheck disable=SC2016 # apt-get's own variable
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$') || mirror=http://deb.debian.org/debian/
    rm -rf "$apt" && mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" && : >"$apt/status" || return 1
    # each suite is signed with the keys of the last two releases, so that Debian 12's keyring knows one of sid's
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    printf 'deb [signed-by=%s] %s %s main\n' "$keys" "$mirror" "$1" >"$apt/sources.list"
    of_suite update
}
of_suite() {
    # an empty status, since what is unpacked must bring all its libraries; no lock, since it would be the machine's
    apt-get -qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" \
        -o Debug::NoLocking=1 -o Acquire::Languages=none -o "APT::Sandbox::User=$(id -un)" "$@"
}

# Debian 12's git-lfs knows no authtype; the next Debian's, unpacked below target/, does
say 'git-lfs 3.6 or later'
knows_authtype() {
    version=$("$1" version 2>/dev/null | sed -n 's|^git-lfs/\([0-9]*\)\.\([0-9]*\)\..*|\1 \2|p')
    [ -n "$version" ] && [ "${version% *}" -ge 3 ] && { [ "${version% *}" -gt 3 ] || [ "${version#* }" -ge 6 ]; }
}
unpack_git_lfs() {
    rm -rf "$1"
    use_suite trixie && (cd "$apt" && of_suite download git-lfs) && dpkg-deb -x "$apt"/git-lfs_*.deb "$1"
}
GIT_LFS=$(command -v git-lfs)
if ! knows_authtype "$GIT_LFS"; then
    GIT_LFS=$PWD/target/git-lfs/usr/bin/git-lfs
    knows_authtype "$GIT_LFS" || unpack_git_lfs "$PWD/target/git-lfs" || true
    knows_authtype "$GIT_LFS" || fail 'cannot unpack a newer git-lfs (install git-lfs 3.6 or later)'
fi
export GIT_LFS

# git asks a helper and pushes what is large in three ways: before 2.46, from there to 2.53, and since. Where this machine
# has no git of the later two, one is unpacked below target/ with its own loader and libraries
say 'git of 2.46 to 2.53, and of 2.54 or later'
is_git_of() { # PROGRAM LOWEST HIGHEST
    version=$("$1" version 2>/dev/null | awk -F '[ .]' '{ print $3 * 1000 + $4 }')
    [ -n "$version" ] && [ "$version" -ge "$2" ] && [ "$version" -le "$3" ]
}
starter() { # NAME PROGRAM WHERE
    {
        printf "#!/bin/sh\nGIT_EXEC_PATH='%s' GIT_TEMPLATE_DIR='%s' \\\\\n" "$into/exec" "$root/usr/share/git-core/templates"
        printf "    exec '%s' --library-path '%s' --argv0 '%s' '%s' \"\$@\"\n" "$loader" "$libraries" "$1" "$2"
    } >"$3" && chmod +x "$3"
}
unpack_git() { # SUITE DIRECTORY
    into=$2 root=$2/root
    rm -rf "$into" && mkdir -p "$root" "$into/bin" "$into/exec" || return 1
    use_suite "$1" && of_suite install --yes --no-install-recommends --download-only git || return 1
    for package in "$apt"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$root" || return 1
    done
    loader=$(find "$root" -name 'ld-linux*.so.*' | head -n 1)
    libraries=$(dirname "$(find "$root" -name libc.so.6 | head -n 1)")
    for program in "$root"/usr/lib/git-core/*; do
        name=${program##*/}
        # a link to git is one of its builtins, which it finds in itself
        if [ ! -f "$program" ] || [ "$(readlink "$program")" = git ]; then
            continue
        elif head -c 4 "$program" | grep -q ELF; then
            starter "$name" "$program" "$into/exec/$name"
        else
            cp "$program" "$into/exec/$name"
        fi || return 1
    done
    starter git "$root/usr/bin/git" "$into/bin/git"
}
find_git() { # LOWEST HIGHEST SUITE DIRECTORY
    for found in $(command -v git) /usr/bin/git "$4/bin/git"; do
        is_git_of "$found" "$1" "$2" && return
    done
    unpack_git "$3" "$4" && is_git_of "$found" "$1" "$2"
}
find_git 2046 2053 trixie "$PWD/target/git-2.47" || fail 'cannot unpack a git of 2.46 to 2.53 (install one)'
GIT_2_47=$found
find_git 2054 2999 sid "$PWD/target/git-newest" || fail 'cannot unpack the newest git (install git 2.54 or later)'
GIT_NEWEST=$found
rm -rf target/apt
export GIT_2_47 GIT_NEWEST

say 'cargo-deny'
PATH=$PATH:$tools/bin
if ! has cargo-deny; then
    # minutes, once: outside the tree, so that a fresh clone finds it
    env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$tools" cargo-deny ||
        fail "cannot install cargo-deny into $tools"
fi

say 'cargo fmt'
cargo fmt --check

say 'shellcheck'
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck

say 'cargo deny'
cargo deny --locked check bans licenses sources

say 'cargo clippy'
cargo clippy --all-targets --locked -- -D warnings

say 'cargo test: what needs nothing but Rust and git'
# these wait more than they work
cargo test --locked -- --test-threads=8

say 'cargo test: the real git, git-lfs, hf and keyring'
cargo test --locked --tests -- --ignored --test-threads=3

say 'what each call costs, in instructions'
tests/bench/instructions.sh

say 'all checks passed'
