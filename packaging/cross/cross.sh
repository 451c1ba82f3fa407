#!/bin/sh
# cross.sh ARCH [--prepare | ARGUMENTS OF meson test]: builds the tree for another architecture and runs its unit and scenario tests under
# qemu-user. The libraries come from Debian's packages, laid out in a folder (build/cross/ARCH/sysroot):
# no second dpkg architecture, no container, no root beyond the installation of the compiler.
set -eu
cd "$(dirname "$0")/../.."
here=build/cross/$1

# Debian's name -> GNU triplet, meson's family, its CPU, qemu, byte order, what is built and tested.
case $1 in
arm64) triplet=aarch64-linux-gnu; family=aarch64; cpu=aarch64; qemu=qemu-aarch64; endian=little ;;
armhf) triplet=arm-linux-gnueabihf; family=arm; cpu=armv7l; qemu=qemu-arm; endian=little ;;
s390x) triplet=s390x-linux-gnu; family=s390x; cpu=s390x; qemu=qemu-s390x; endian=big ;;
*) echo "dev cross: no such architecture: $1; there are arm64, armhf, s390x" >&2; exit 2 ;;
esac

# What ./dev installs for a build, but its tools.
libraries=libgcc-12-dev
for package in $LASTMILE_PACKAGES; do
  case $package in *-dev) libraries=$libraries,$package ;; esac
done

# The packages' files alone, of the main suite: the security suite of another architecture may be at
# another version of the same library, and nothing here faces a network.
sysroot() {
  stamp=$here/sysroot.$(echo "$libraries" | cksum | cut -d' ' -f1)
  [ -e "$stamp" ] && return
  echo "dev: laying out the libraries of $1 in $here/sysroot" >&2
  rm -rf "$here/sysroot" "$here"/sysroot.*
  site=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | head -n 1)
  mmdebstrap --quiet --variant=extract --architectures="$1" --include="$libraries" bookworm \
    "$here/sysroot" ${site:+"$site"} >"$here/sysroot.log" 2>&1 ||
    { tail -n 20 "$here/sysroot.log" >&2; echo "dev: the packages could not be laid out" >&2; exit 1; }
  # what is linked by an absolute path (libz.so) would be looked for in this machine's folders
  find "$here/sysroot/usr/lib" -name '*.so' -type l -lname '/*' | while read -r link; do
    ln -sfn "$PWD/$here/sysroot$(readlink "$link")" "$link"
  done
  : >"$stamp"
}

cross_file() {
  root=$PWD/$here/sysroot
  cat >"$here/cross.ini" <<INI
[binaries]
c = '$triplet-gcc'
ar = '$triplet-ar'
strip = '$triplet-strip'
objcopy = '$triplet-objcopy'
pkgconfig = 'pkg-config' # as meson 1.0 calls it
exe_wrapper = ['$qemu', '-L', '$root']
[properties]
sys_root = '$root'
pkg_config_libdir = ['$root/usr/lib/$triplet/pkgconfig', '$root/usr/share/pkgconfig']
[built-in options]
c_args = ['--sysroot=$root']
c_link_args = ['--sysroot=$root', '-Wl,-rpath-link,$root/lib/$triplet', '-Wl,-rpath-link,$root/usr/lib/$triplet']
[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$cpu'
endian = '$endian'
INI
}

# What tests start by its path is a script that starts the real program under the emulator.
wrap_programs() {
  for program in probe/lastmile-probe probe/lastmile-probe-lean probe/lastmile-subagent \
      collector/lastmile collector/lastmile-collector $(cd "$here" && find tests/support tests/unit/collector/export/make_bundle -type f -perm -100 ! -name '*.elf' ! -name '*.so'); do
    path=$PWD/$here/$program
    [ -f "$path" ] && head -c 4 "$path" | grep -q ELF || continue
    mv "$path" "$path.elf"
    printf '#!/bin/sh\nexec %s -L %s %s "$@"\n' "$(command -v "$qemu")" "$PWD/$here/sysroot" "$path.elf" >"$path"
    chmod +x "$path"
  done
  mkdir -p "$here/bin"
  for program in probe/lastmile-probe collector/lastmile-collector collector/lastmile; do
    ln -sf "../$program" "$here/bin/"
  done
}

# An emulated program is some twenty times slower, and none of these tests measures time.
run_tests() {
  meson test -C "$here" --no-rebuild --timeout-multiplier 20 --print-errorlogs \
    --suite unit --suite scenario --suite fuzz --no-suite kernel --no-suite measure "$@"
}

mkdir -p "$here"
sysroot "$1"
cross_file
[ "${2:-}" != --prepare ] || exit 0
[ -f "$here/build.ninja" ] ||
  meson setup "$here" --cross-file "$here/cross.ini" --buildtype=release >"$here/setup.log" 2>&1 ||
  { tail -n 20 "$here/setup.log" >&2; exit 1; }
ninja -C "$here" >"$here/build.log" 2>&1 || { tail -n 20 "$here/build.log" >&2; exit 1; }
wrap_programs
shift
run_tests "$@"
