#!/bin/sh
# Readies the libraries that `make static` links in, and prints the flags for that.
#
# .build/archives gets links to the archives of OpenBLAS, libstdc++, zlib and libzstd, and a pkg-config file
# that makes the linker look there first; the C library and libcsv have theirs where the linker looks anyway. Much of
# the time of `csvlasso --version` went into finding and relocating shared libraries.
#
# OpenBLAS is the build with threads. The one without would start sooner, but it must not be called by
# several tasks at once: results then differ from run to run. Where an archive is missing, the folder stays
# empty and the shared libraries are linked.
#
# A program without shared libraries has a place of its own, too: one that may be loaded anywhere is relocated when it
# starts, at 50,000 places. What only a debugger reads, a fifth of the file, is left out; names of functions stay.
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
for archive in $archives "$openblas/pkgconfig/openblas.pc" "$system/libcsv.a" "$system/libc.a"; do
  case $archive in
    /*) [ -e "$archive" ] || shared "no $archive" ;;
    *) shared "no libstdc++.a" ;;
  esac
done

for archive in $archives; do ln -s "$archive" "$folder/"; done
# Without the runtime of Fortran: of LAPACK only what OpenBLAS has in C is used.
sed -e '/^Libs/d' "$openblas/pkgconfig/openblas.pc" >"$folder/openblas.pc"
echo "Libs: -L\"$PWD/$folder\" -lopenblas" >>"$folder/openblas.pc"

if [ -x "$(clang -print-prog-name=ld.lld 2>/dev/null)" ]; then printf '%s ' -Xswiftc -use-ld=lld; fi
echo "-Xswiftc -static-executable -Xlinker --strip-debug"
