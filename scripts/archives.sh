#!/bin/sh
# Readies the libraries that `make static` links in, and prints the flags for that.
#
# .build/archives gets links to the archives of OpenBLAS, libstdc++, zlib and libzstd, and a pkg-config file
# that makes the linker look there first: much of the time of `csvlasso --version` went into relocating
# shared libraries. libcsv is LGPL and stays shared.
#
# OpenBLAS is the build with threads. The one without would start sooner, but it must not be called by
# several tasks at once: results then differ from run to run. Where an archive is missing, the folder stays
# empty and the shared libraries are linked.
#
# The program is relocated when it starts, too, at 50,000 places. In their packed form (RELR) they are
# read in an eighth of a byte each and not in 24; lld writes it, and glibc reads it from 2.36 on.
set -eu
cd "$(dirname "$0")/.."

folder=.build/archives
rm -rf "$folder"
mkdir -p "$folder"

shared() {
  echo "csvlasso: $1; linking shared libraries" >&2
  exit 0
}

if command -v dpkg-query >/dev/null 2>&1; then
  scripts/install-dependencies.sh libopenblas-pthread-dev >&2 || shared "no libopenblas-pthread-dev"
fi

system=/usr/lib/$(uname -m)-linux-gnu
openblas=$system/openblas-pthread
standard=$(clang -print-file-name=libstdc++.a 2>/dev/null || gcc -print-file-name=libstdc++.a 2>/dev/null || true)
archives="$openblas/libopenblas.a $system/libz.a $system/libzstd.a $standard"
for archive in $archives "$openblas/pkgconfig/openblas.pc"; do
  case $archive in
    /*) [ -e "$archive" ] || shared "no $archive" ;;
    *) shared "no libstdc++.a" ;;
  esac
done

for archive in $archives; do ln -s "$archive" "$folder/"; done
# Without the runtime of Fortran: of LAPACK only what OpenBLAS has in C is used.
sed -e '/^Libs/d' "$openblas/pkgconfig/openblas.pc" >"$folder/openblas.pc"
echo "Libs: -L\"$PWD/$folder\" -lopenblas" >>"$folder/openblas.pc"

glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc 2\.\([0-9]*\).*/\1/p')
if [ "${glibc:-0}" -ge 36 ] && [ -x "$(clang -print-prog-name=ld.lld 2>/dev/null)" ]; then
  echo "-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs"
fi
