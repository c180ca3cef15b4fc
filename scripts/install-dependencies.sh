#!/bin/sh
# Installs the system libraries that the build links to, and the packages named as arguments, where they
# are missing: with apt on Debian and Ubuntu, by sudo when not root; elsewhere it says which libraries are
# missing. Does nothing where all are there.
#
# OpenBLAS is the usual build, with threads: the one without must not be called by several tasks at once.
set -eu

packages="libcsv-dev libopenblas-dev libfast-float-dev zlib1g-dev libzstd-dev $*"

if ! command -v swift >/dev/null 2>&1; then
  echo "csvlasso: Swift 6.2 or later is needed (https://www.swift.org/install)" >&2
  exit 1
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  for header in csv.h cblas.h fast_float/fast_float.h zlib.h zstd.h; do
    found=no
    for place in /usr/include /usr/local/include /usr/include/openblas /opt/homebrew/include \
      /opt/homebrew/opt/openblas/include; do
      [ -e "$place/$header" ] && found=yes
    done
    if [ "$found" = no ]; then
      echo "csvlasso: <$header> is missing; install libcsv, OpenBLAS, fast_float, zlib and libzstd" >&2
      exit 1
    fi
  done
  exit 0
fi

installed() {
  dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

missing=""
for package in $packages; do
  installed "$package" || case " $missing " in
  *" $package "*) ;;
  *) missing="$missing $package" ;;
  esac
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  echo "csvlasso: missing:$missing; install them as root: apt-get install$missing" >&2
  exit 1
fi
echo "installing$missing"
$as_root apt-get update -qq || true
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
