#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions a packet, everything on: `replay` of a short and of a long part of one capture, counted
under qemu-user by a plugin, for this machine by valgrind; the difference of both has no start and no end
of the program in it. The count is the same on a busy machine.

    bench_instructions.py BUILD [ARCH]     BUILD/cross/ARCH is what ./dev cross ARCH leaves (arm64);
                                           native: BUILD itself
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

BUILD = sys.argv[1]
ARCH = sys.argv[2] if len(sys.argv) > 2 else "arm64"
QEMU = {"arm64": "qemu-aarch64", "armhf": "qemu-arm", "s390x": "qemu-s390x", "native": None}[ARCH]
HERE = os.path.dirname(os.path.abspath(__file__))
SHORT, LONG = 200000, 400000
PROFILES = ("W1", "W2", "W3")


def write_parts(profile, folder):
    """The first packets of a profile of `bench`, as two capture files."""
    pipe = os.path.join(folder, "pipe")
    os.mkfifo(pipe)
    maker = subprocess.Popen([os.path.join(BUILD, "probe", "lastmile-probe"), "bench", "--profile",
                              profile, "--write", pipe], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    with open(pipe, "rb") as frames:
        data = bytearray(frames.read(24))
        for number in range(1, LONG + 1):
            header = frames.read(16)
            data += header + frames.read(struct.unpack("<8xI4x", header)[0])
            if number in (SHORT, LONG):
                with open(os.path.join(folder, f"{number}.pcap"), "wb") as out:
                    out.write(data)
    maker.wait()
    os.unlink(pipe)


def count_by_valgrind(capture):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           os.path.join(BUILD, "probe", "lastmile-probe"), "replay", "--json", capture],
                          capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def count(plugin, capture):
    if QEMU is None:
        return count_by_valgrind(capture)
    folder = os.path.join(BUILD, "cross", ARCH)
    program = os.path.join(folder, "probe", "lastmile-probe")
    program = program + ".elf" if os.path.exists(program + ".elf") else program
    done = subprocess.run([QEMU, "-L", os.path.join(folder, "sysroot"), "-plugin", plugin, program,
                           "replay", "--json", capture], capture_output=True, text=True, check=True)
    return int(re.search(r"^instructions: (\d+)$", done.stderr, re.MULTILINE).group(1))


def main():
    with tempfile.TemporaryDirectory() as folder:
        plugin = os.path.join(folder, "count.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", plugin,
                        os.path.join(HERE, "count_instructions.c")], check=True)
        for profile in PROFILES:
            write_parts(profile, folder)
            short, long = (count(plugin, os.path.join(folder, f"{n}.pcap")) for n in (SHORT, LONG))
            print(f"{ARCH} {profile}: {(long - short) / (LONG - SHORT):.0f} instructions a packet "
                  f"({long} of {LONG} packets, {short} of {SHORT})", flush=True)


main()
