#!/bin/sh
# Builds git-credential-hf, installs it for this user and makes git ask it for the Hub's hosts.
set -eu
unset CDPATH
# whatever the caller's is: who may write a program, or a completion that a shell runs, may run what they like as its user
umask 022

name=git-credential-hf

usage() {
    cat <<'HELP'
usage: ./install.sh [--prefix DIR] [--uninstall]

Builds git-credential-hf, puts it into ~/.local/bin, with man pages and completions beside it in ~/.local/share, and
makes git ask it for huggingface.co and hf.co.

  --prefix DIR  install into DIR/bin and DIR/share instead
  --uninstall   take git's lines back, say which tokens stay, and remove the program (with the --prefix it was installed with)
  --help        this text
HELP
}

die() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

need_rust() {
    # rustup's own place, which a fresh shell may not have on its PATH yet
    if ! has cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
    has cargo || die "cargo is missing (install Rust: https://rustup.rs)"
    found=$(cargo --version 2>/dev/null) || die "cargo does not run (try: rustup default stable)"
    found=${found#cargo }
    found=${found%%[!0-9.]*}
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -t . -k 1,1n -k 2,2n | head -n 1)
    [ "$oldest" = "$wanted" ] || die "cargo $found is too old, $wanted is needed (try: rustup update)"
    has "${CC:-cc}" || die "a C compiler is missing (Debian: apt install gcc libc6-dev; macOS: xcode-select --install)"
}

# cargo knows best where it builds: CARGO_TARGET_DIR, or a configuration of the user's
built() {
    target=$(cargo metadata --locked --no-deps --format-version 1 |
        sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    printf '%s/%srelease/%s' "$target" "${CARGO_BUILD_TARGET:+$CARGO_BUILD_TARGET/}" "$name"
}

install() {
    has git || die "git is missing (install it first)"
    need_rust
    mkdir -p "$bin" 2>/dev/null || die "cannot create $bin (choose another place: --prefix DIR)"
    [ -w "$bin" ] || die "cannot write to $bin (choose another place: --prefix DIR)"
    bin=$(cd "$bin" && pwd)

    cargo build --locked --release || die "the build failed (the reason stands above)"

    # a git that runs just now sees the old program or the new one, never half of it
    beside=$bin/.$name.$$
    trap 'rm -f "$beside"' EXIT
    trap 'exit 1' HUP INT TERM
    if ! { cp "$(built)" "$beside" && chmod 755 "$beside" && mv -f "$beside" "$bin/$name"; }; then
        die "cannot write to $bin (choose another place: --prefix DIR)"
    fi
    printf 'installed %s\n' "$bin/$name"
    install_pages

    case :$PATH: in
    *":$bin:"*) ;;
    *)
        printf '%s is not on your PATH: git finds the program all the same; to type its name yourself, add\n' "$bin"
        # shellcheck disable=SC2016 # the line is for the user's file, not for this shell
        printf '  export PATH="%s:$PATH"\nto ~/.profile\n' "$bin"
        ;;
    esac
    "$bin/$name" setup
}

# man pages, and what the shells complete the commands by; the program works without them
install_pages() {
    mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
        "$share/fish/vendor_completions.d" 2>/dev/null &&
        "$bin/$name" man "$share/man/man1" 2>/dev/null &&
        "$bin/$name" completions bash >"$share/bash-completion/completions/$name" &&
        "$bin/$name" completions zsh >"$share/zsh/site-functions/_$name" &&
        "$bin/$name" completions fish >"$share/fish/vendor_completions.d/$name.fish" ||
        printf 'install.sh: man pages and completions could not be written to %s\n' "$share" >&2
}

uninstall_pages() {
    rm -f "$share/man/man1/$name.1" "$share/man/man1/$name"-*.1 "$share/bash-completion/completions/$name" \
        "$share/zsh/site-functions/_$name" "$share/fish/vendor_completions.d/$name.fish"
}

uninstall() {
    if [ ! -e "$bin/$name" ]; then
        asked=$(git config --global --includes --get-regexp '^credential\..*helper$' 2>/dev/null | sed -n "s/^[^ ]* \(.*$name\).*/\1/p" | head -n 1)
        [ -z "$asked" ] || die "$name is not in $bin, but git asks $asked (add its --prefix, or edit: git config --global --edit)"
        printf '%s is not installed in %s\n' "$name" "$bin"
        return
    fi
    # without git there is no configuration to take lines out of
    if has git; then
        said=$("$bin/$name" uninstall) || die "git's lines are still there, so $bin/$name is, too (the reason stands above)"
        printf '%s\n' "$said"
        case $said in
        *'these tokens stay'*) if [ -t 0 ]; then ask_about_tokens; fi ;;
        esac
    fi
    rm -f "$bin/$name" 2>/dev/null || die "cannot remove $bin/$name (remove it as the user who owns it)"
    uninstall_pages 2>/dev/null || printf 'install.sh: man pages and completions are left in %s\n' "$share" >&2
    printf 'removed %s\n' "$bin/$name"
    # those that others have something in stay
    rmdir "$bin" "$share/man/man1" "$share/man" "$share/bash-completion/completions" "$share/bash-completion" \
        "$share/zsh/site-functions" "$share/zsh" "$share/fish/vendor_completions.d" "$share/fish" "$share" "$prefix" \
        2>/dev/null || :
}

# nothing but this program forgets them all
ask_about_tokens() {
    printf 'Remove the program, and leave these tokens where they are? [y/N] '
    read -r answer || answer=
    case $answer in
    [yY]*) ;;
    *)
        printf 'The program is still there: run git-credential-hf logout --all first.\n'
        exit
        ;;
    esac
}

todo=install
prefix=
while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -gt 1 ] || die "--prefix needs a directory"
        prefix=$2
        shift
        ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --uninstall) todo=uninstall ;;
    -h | --help)
        usage
        exit
        ;;
    *) die "unknown option $1 (try --help)" ;;
    esac
    shift
done

[ -n "${HOME:-}" ] || die "HOME is not set (git keeps your configuration there)"
: "${prefix:=$HOME/.local}"
case $prefix in
/*) ;;
# the shell leaves it in --prefix=~/x
\~/*) prefix=$HOME/${prefix#\~/} ;;
*) prefix=$PWD/$prefix ;;
esac
bin=$prefix/bin
share=$prefix/share
here=$(dirname "$0")
cd "$here"
"$todo"
