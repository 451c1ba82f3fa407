#!/bin/sh
# static.sh [amd64|arm64|armhf]: a probe in one file, which needs nothing of the machine that it runs on:
# linked with musl, without SNMP. Debian has musl but no library built for it: those that the probe
# needs are built here from Debian's sources, in build/static/ARCH.
set -eu
cd "$(dirname "$0")/../.."
arch=${1:-$(dpkg --print-architecture)}
here=$PWD/build/static/$arch
prefix=$here/prefix
sources=$PWD/build/static/sources

# GNU triplet, musl's, meson's family and CPU, the name of OpenSSL's target.
case $arch in
amd64) triplet=x86_64-linux-gnu; musl=x86_64-linux-musl; family=x86_64; cpu=x86_64; ssl=linux-x86_64 ;;
arm64) triplet=aarch64-linux-gnu; musl=aarch64-linux-musl; family=aarch64; cpu=aarch64; ssl=linux-aarch64 ;;
armhf) triplet=arm-linux-gnueabihf; musl=arm-linux-musleabihf; family=arm; cpu=armv7l; ssl=linux-armv4 ;;
*) echo "dev static: no such architecture: $arch; there are amd64, arm64, armhf" >&2; exit 2 ;;
esac
flags='-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables'

# Once: step NAME COMMAND...; the output is kept for him who looks for a fault.
step() {
  [ -e "$here/$1.done" ] && return
  echo "dev static: $1 for $arch" >&2
  name=$1; shift
  set +e # a subshell stops at its first fault only where nobody asks for its status
  (set -e; "$@") >"$here/$name.log" 2>&1
  status=$?
  set -e
  [ $status = 0 ] || { tail -n 20 "$here/$name.log" >&2; exit 1; }
  : >"$here/$name.done"
}

# apt's own folders are left alone: this machine may list no sources. RELEASE, then apt-get's words.
in_apt() {
  lists=$sources/lists.$1
  mkdir -p "$lists/partial"
  apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) main' 'Created-By: Packages' 'Origin: Debian' |
    sed "s/bookworm/$1/" | sort -u >"$lists/sources.list"
  shift
  apt-get -o Dir::Etc::SourceList="$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$lists" -o APT::Sandbox::User=root "$@"
}

# As this machine's Debian has them, with its security updates. Where a mirror lacks a part: as the authors
# made them, and at last those of the next release.
fetch_sources() {
  mkdir -p "$sources"
  cd "$sources"
  in_apt bookworm update
  for package in libpcap libconfig libcbor jansson openssl mosquitto libcap2 libseccomp; do
    in_apt bookworm source --download-only $package || in_apt bookworm source --tar-only $package ||
      { in_apt trixie update; in_apt trixie source --tar-only $package; }
  done
}

# The newest source of a package, patched by Debian where its patches are there, in $here/src/NAME.
unpack() {
  rm -rf "$here/src/$1"
  mkdir -p "$here/src"
  original=$(find "$sources" -name "$1_*.orig.tar.*z" | sort -V | tail -n 1)
  patches=$(find "$sources" -name "$(basename "${original%.orig.tar.*}")-*.dsc" | sort -V | tail -n 1)
  [ -z "$patches" ] || dpkg-source --no-check -x "$patches" "$here/src/$1" || rm -rf "$here/src/$1"
  [ -d "$here/src/$1" ] ||
    { mkdir "$here/src/$1"; tar -x -C "$here/src/$1" --strip-components 1 -f "$original"; }
  cd "$here/src/$1"
}

# musl's compiler is gcc with other specs; the kernel's headers are looked for after its own. On ARM, which has
# no division, libgcc asks libc for raise().
compiler() {
  rm -rf "$here/root"
  mmdebstrap --quiet --variant=extract --architectures="$arch" --include=musl-dev,linux-libc-dev bookworm \
    "$here/root" "$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)"
  mkdir -p "$here/kernel" "$prefix/lib/pkgconfig"
  ln -sfn "$here/root/usr/include/linux" "$here/root/usr/include/asm-generic" "$here/kernel/"
  ln -sfn "$here/root/usr/include/$triplet/asm" "$here/kernel/asm"
  sed -e "s#/usr/include/$musl#$here/root&#g; s#/usr/lib/$musl#$here/root&#g" \
    -e '/^\*libgcc:/{n;s/.*/--start-group & -lc --end-group/}' \
    "$here/root/usr/lib/$musl/musl-gcc.specs" >"$here/musl.specs"
  printf '#!/bin/sh\nexec %s "$@" -specs %s -idirafter %s\n' "$triplet-gcc" "$here/musl.specs" "$here/kernel" >"$here/cc"
  chmod +x "$here/cc"
}

by_configure() { # NAME, arguments of configure
  unpack "$1"; shift
  [ -x configure ] || autoreconf -fi
  ./configure --host="$triplet" --prefix="$prefix" --enable-static --disable-shared CC="$here/cc" CFLAGS="$flags" "$@"
  make -j2 MAKEINFO=true
  make install MAKEINFO=true
}

by_cmake() {
  unpack "$1"
  cmake -S . -B out -DCMAKE_C_COMPILER="$here/cc" -DCMAKE_C_FLAGS="$flags" -DCMAKE_SYSTEM_NAME=Linux \
    -DCMAKE_BUILD_TYPE=MinSizeRel -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF -DBUILD_SHARED_LIBS=OFF -DWITH_EXAMPLES=OFF
  cmake --build out -j2
  cmake --install out
}

# What a probe uses: TLS 1.2 and later to a broker, digests. No files of engines are loaded.
openssl() {
  unpack openssl
  CC="$here/cc" ./Configure "$ssl" --prefix="$prefix" --libdir=lib --openssldir=/etc/ssl $flags \
    no-shared no-tests no-engine no-dso no-async no-afalgeng no-comp no-ssl3 no-tls1 no-tls1_1 no-dtls no-ui-console \
    no-cms no-ct no-srp no-ts no-legacy no-idea no-seed no-camellia no-aria no-sm2 no-sm3 no-sm4 no-bf no-cast \
    no-des no-md4 no-mdc2 no-rc2 no-rc4 no-rmd160 no-whirlpool no-siphash no-gost no-ec2m no-sctp no-cmp no-capieng no-padlockeng
  make -j2 build_generated
  make -j2 libcrypto.a libssl.a
  make install_dev
}

# Nobody sits at a probe to type the pass phrase of a key.
mosquitto() {
  unpack mosquitto
  make -j2 -C lib CC="$here/cc" CFLAGS="$flags -I$prefix/include -DUI_OpenSSL=UI_null" LDFLAGS="-L$prefix/lib" WITH_STATIC_LIBRARIES=yes \
    WITH_SHARED_LIBRARIES=no WITH_SRV=no WITH_CJSON=no WITH_THREADING=yes libmosquitto.a
  install -m 644 lib/libmosquitto.a "$prefix/lib/"
  install -m 644 include/*.h "$prefix/include/"
  printf 'Name: mosquitto\nDescription: MQTT\nVersion: 2.0.11\nRequires: libssl libcrypto\nLibs: -L%s -lmosquitto\nCflags: -I%s\n' \
    "$prefix/lib" "$prefix/include" >"$prefix/lib/pkgconfig/libmosquitto.pc"
}

libcap() {
  unpack libcap2
  make -C libcap CC="$here/cc" BUILD_CC=gcc AR="$triplet-ar" RANLIB="$triplet-ranlib" COPTS="$flags" SHARED=no PTHREADS=no \
    prefix="$prefix" lib=lib libcap.a libcap.pc
  install -m 644 libcap/libcap.a "$prefix/lib/"
  cp -R libcap/include/sys "$prefix/include/"
  install -m 644 libcap/libcap.pc "$prefix/lib/pkgconfig/"
}

cross_file() {
  cat >"$here/cross.ini" <<INI
[binaries]
c = '$here/cc'
ar = '$triplet-ar'
strip = '$triplet-strip'
pkgconfig = 'pkg-config' # as meson 1.0 calls it
[properties]
pkg_config_libdir = ['$prefix/lib/pkgconfig']
[built-in options]
c_args = ['-I$prefix/include']
c_link_args = ['-static', '-L$prefix/lib']
[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$cpu'
endian = 'little'
INI
}

probe() {
  cross_file
  [ -f "$here/probe/build.ninja" ] || meson setup "$here/probe" --cross-file "$here/cross.ini" --buildtype=release \
    -Dsnmp=disabled -Dcollector=disabled -Dtests=disabled -Dprefer_static=true -Db_pie=false
  ninja -C "$here/probe" probe/lastmile-probe
  "$triplet-strip" -o "$here/lastmile-probe" "$here/probe/probe/lastmile-probe"
}

mkdir -p "$here"
step sources fetch_sources
step compiler compiler
step libpcap by_configure libpcap --disable-usb --disable-bluetooth --disable-dbus --disable-rdma --disable-netmap --without-libnl
step libconfig by_configure libconfig --disable-cxx --disable-examples
step jansson by_configure jansson
step libcbor by_cmake libcbor
step openssl openssl
step mosquitto mosquitto
step libcap libcap
step libseccomp by_configure libseccomp
rm -f "$here/probe.done"
step probe probe
ls -l "$here/lastmile-probe"
