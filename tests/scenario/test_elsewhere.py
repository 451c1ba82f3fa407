#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A package that was made here, verified by a program of another architecture under qemu-user.

usage: test_elsewhere.py LASTMILE CITY BUILD

BUILD/cross/ARCH is what ./dev cross ARCH leaves; the architectures that are not there are skipped.
"""
import os
import shutil
import subprocess
import sys
import tempfile

LASTMILE, CITY, BUILD = sys.argv[1:4]
SOURCE = os.environ.get("LASTMILE_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap  # noqa: E402

EMULATORS = {"arm64": "qemu-aarch64", "armhf": "qemu-arm", "s390x": "qemu-s390x"}
FOLDER = tempfile.TemporaryDirectory(prefix="lastmile-elsewhere-")


def path(*parts):
    return os.path.join(FOLDER.name, *parts)


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    return done.returncode, done.stdout + done.stderr


def make_package():
    """A small city's year: a census with every kind of evidence and imported rows."""
    for name in ("data", "registers"):
        os.mkdir(path(name))
    with open(path("collector.cfg"), "w", encoding="utf-8") as file:
        file.write(f'data_dir = "data";\nplan_file = "{SOURCE}/config/plans/weihai-2015.cfg";\n'
                   f'areas_file = "{SOURCE}/config/areas/weihai.cfg";\n')
    status, text = call(CITY, "--scale", "0.002", "--from", "2017-09-15", "--to", "2017-12-31",
                        "--line-days", "6", "--deployment", "sample", "--probed", "0.6",
                        "--folder", path("registers"), "--registry", path("data", "registry.db"))
    assert status == 0, text
    for kind in ("denominators", "nodes", "declared"):
        status, text = call(LASTMILE, "--config", path("collector.cfg"), "import",
                            path("registers", kind + ".csv"))
        assert status == 0, text
    status, text = call(LASTMILE, "--config", path("collector.cfg"), "export", "--year", "2017",
                        "--format", "package", "--out", path("package"))
    assert status == 0, text


def program_of(arch):
    """The words that run lastmile of an architecture; skips where there is none."""
    folder = os.path.join(BUILD, "cross", arch)
    plain = os.path.join(folder, "collector", "lastmile")
    program = plain + ".elf" if os.path.exists(plain + ".elf") else plain
    if not os.path.exists(program):
        raise tap.Skip(f"no {program}: ./dev cross {arch}")
    if not shutil.which(EMULATORS[arch]):
        raise tap.Skip(f"no {EMULATORS[arch]}")
    return [EMULATORS[arch], "-L", os.path.join(folder, "sysroot"), program]


def verify(arch):
    program = program_of(arch)
    status, text = call(*program, "verify", path("package"))
    assert status == 0, text
    tampered = path("tampered-" + arch)
    shutil.copytree(path("package"), tampered)
    name = os.path.join(tampered, "lines.csv")
    with open(name, "rb") as file:
        content = file.read()
    with open(name, "wb") as file:
        file.write(content.replace(b"gpon", b"epon", 1))
    status, text = call(*program, "verify", tampered)
    assert status == 1 and "lines.csv" in text, text


def a_package_verifies_where_it_was_made():
    make_package()
    status, text = call(LASTMILE, "verify", path("package"))
    assert status == 0, text


def a_package_verifies_on_arm64():
    verify("arm64")


def a_package_verifies_on_armhf_with_words_of_32_bits():
    verify("armhf")


def a_package_verifies_on_s390x_with_the_other_byte_order():
    verify("s390x")


tap.run([
    a_package_verifies_where_it_was_made,
    a_package_verifies_on_arm64,
    a_package_verifies_on_armhf_with_words_of_32_bits,
    a_package_verifies_on_s390x_with_the_other_byte_order,
])
