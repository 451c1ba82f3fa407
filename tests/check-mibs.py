# SPDX-License-Identifier: GPL-2.0-or-later
"""mibs/README.md says what the profiles read: every number in it, and the table as it would be made."""
import glob
import os
import re
import subprocess
import sys

SOURCE = os.environ["LASTMILE_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap


def every_number_in_a_profile_stands_in_the_table():
    with open(os.path.join(SOURCE, "mibs", "README.md"), encoding="utf-8") as file:
        listed = set(re.findall(r"^\| [\w-]+ \|.*?\| (1(?:\.\d+)+) \|", file.read(), re.MULTILINE))
    missing = []
    for path in glob.glob(os.path.join(SOURCE, "config", "profiles", "*.cfg")):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"#.*", "", file.read())
        missing += [(os.path.basename(path), oid) for oid in re.findall(r'"(1(?:\.\d+){3,})"', text)
                    if oid not in listed]
    assert len(listed) > 100 and not missing, missing


def the_table_is_what_dev_mibs_would_write():
    done = subprocess.run([sys.executable, os.path.join(SOURCE, "mibs", "list-objects.py"),
                           "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


tap.run([every_number_in_a_profile_stands_in_the_table,
         the_table_is_what_dev_mibs_would_write])
