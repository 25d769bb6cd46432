# Functions of the scripts in this folder. They source it; it runs nothing by itself.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The version in Cargo.toml.
version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -1
}

# Timestamps in packages are those of the last commit, so that the same commit gives the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

# The checks talk to programs on this machine.
export no_proxy=${no_proxy:+$no_proxy,}127.0.0.1

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Fails if a program is not there, and names the Debian package that has it.
needs() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || fail "please install $1 (Debian's package $2)"
}

# A copy of a program without debugging information. Its functions' names stay, for backtraces.
copy_program() {
  install -D -m 755 "$1" "$2"
  strip --strip-debug "$2"
}

# Man pages and completions, if the program can print them. The commands are asked, so that the files fit the program. A program for
# another machine cannot print: MANUAL_PROGRAM does it then.
manual_and_completions() {
  local program=${MANUAL_PROGRAM:-$1} folder=$2
  if "$program" man --help >/dev/null 2>&1; then
    mkdir -p "$folder/man"
    "$program" man >"$folder/man/glowplug.1"
  fi
  if "$program" completions --help >/dev/null 2>&1; then
    mkdir -p "$folder/completions"
    "$program" completions bash >"$folder/completions/glowplug.bash"
    "$program" completions zsh >"$folder/completions/_glowplug"
    "$program" completions fish >"$folder/completions/glowplug.fish"
  fi
}
