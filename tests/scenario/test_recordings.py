# SPDX-License-Identifier: GPL-2.0-or-later
"""Every shared recording gives the figures that its index says must be found; so do our own.

The table below is the expectation: a path into the JSON of `poll --replay FILE --json`, and the
value. None is "the device does not say", which is not 0."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE = sys.argv[1]
SOURCE = os.environ["LASTMILE_SOURCE"]
SHARED = os.path.join(os.environ.get("LASTMILE_SHARED_DATA", ""), "snmprec")
OWN = os.path.join(SOURCE, "tests", "support", "snmprec")


def lines(technology, provisioned, active):
    return [{"technology": technology, "provisioned": provisioned, "active": active}]


def device(profile, interfaces, **more):
    """Interfaces are (count, up, counter64); whatever is not named in more must be unknown."""
    expected = {"device.profile": profile, "interfaces.count": interfaces[0],
                "interfaces.up": interfaces[1], "interfaces.counter64": interfaces[2],
                "wtp.configured": None, "wtp.run": None, "stations.associated": None, "lines": [],
                "sessions.pppoe": None, "sessions.ipoe": None, "sessions.total": None}
    expected.update({key.replace("__", "."): value for key, value in more.items()})
    return expected


RECORDINGS = {
    "vrp_ac6605-26": device("huawei-ac", (33, 7, 33), wtp__configured=1, wtp__run=1,
                            stations__associated=7,
                            ssids={"WIFIOG": 0, "WIFIOG-BYOD": 6, "WIFIOG-Guest": 1}),
    "arubaos": device("aruba-controller", (97, 52, 97), wtp__run=1386, stations__associated=2654,
                      warns=["1386", "690", "2654", "6695"]),
    "ciscowlc_cbw240ac": device("cisco-wlc", (2, 2, 2), wtp__run=4, stations__associated=23,
                                ssids={"MGMT": 0, "DEFAULT_RLAN": 0, "ssid1": 23, "ssid2": 0,
                                       "ssid3": 0}),
    "ruckuswireless-sz": device("ruckus-smartzone", (0, 0, 0), wtp__configured=40, wtp__run=36,
                                stations__associated=146,
                                ssids={"private1": 52, "private2": 16, "private3": 9,
                                       "private6": 0, "private7": 67, "private8": 2}),
    "zyxelwlc_nxc2500": device("zyxel-nxc", (32, 23, 0), wtp__run=35, stations__associated=45),
    "ewc": device("extreme-wireless", (0, 0, 0), wtp__configured=1, wtp__run=1,
                  stations__associated=10, ssids={"Test VNS": 10}),
    "unifi_nanohd": device("unifi-ap", (29, 7, 29), wtp__run=1, stations__associated=18,
                           ssids={"homewifi_ac": 18, "vwire-d4aebb3212a82cd8": 0}),
    "routeros": device("mikrotik-routeros", (12, 7, 12), stations__associated=11,
                       sessions__total=0,
                       ssids={"WARKOP-KOPIBOSS-B": 7, "WARKOP-KOPIBOSS-A": 0,
                              "WARKOP-KOPIBOSS": 4}),
    "smartax": device("huawei-smartax", (42, 5, 42), lines=lines("gpon", 11, None)),
    "zxa10_c320": device("zte-zxa10", (11, 8, 11), lines=lines("gpon", 125, None)),
    "vsolution_v1600d": device("vsol-epon", (23, 19, 23), lines=lines("epon", 16, 16)),
    "edgeosolt": device("ubiquiti-ufiber", (6, 6, 6), lines=lines("gpon", 29, 16)),
    "nokia-isam": device("nokia-isam", (231, 120, 1), lines=lines("gpon", 30, 20)),
    "zxdsl": device("zte-dslam", (258, 123, 258), lines=lines("vdsl2", 256, 122)),
    "draytek_vdsl": device("draytek-vdsl", (11, 3, 0), lines=lines("vdsl2", 1, 1),
                           warns=["customer's device"]),
    "teldat_tv-base-vdsl2-adsl": device("teldat-xdsl", (17, 10, 0), lines=lines("adsl2", 1, 0)),
    "arris-c3": device("arris-cmts", (22, 10, 22), lines=lines("docsis", None, None)),
    "vrp_ne8000-m8": device("huawei-router", (19, 13, 19)),
    "iosxr_asr9001": device("cisco-ios", (67, 19, 57)),
    "openwrt": device("openwrt", (18, 15, 0), stations__associated=3,
                      **{"interfaces.in_octets": None}),
}

OWN_RECORDINGS = {
    "olt-huawei": device("huawei-smartax", (9, 8, 9), lines=lines("gpon", 88, 79)),
    "olt-zte": device("zte-zxa10", (5, 5, 5), lines=lines("gpon", 46, 42),
                      warns=["no device has confirmed"]),
    "olt-ufiber": device("ubiquiti-ufiber", (5, 5, 5), lines=lines("gpon", 18, 15)),
    "wlan-huawei": device("huawei-ac", (3, 2, 3), wtp__configured=24, wtp__run=21,
                          stations__associated=82),
    "wlan-ruckus": device("ruckus-smartzone", (1, 1, 1), wtp__configured=16, wtp__run=14,
                          stations__associated=40),
    "dslam-zte": device("zte-dslam", (49, 40, 49), lines=lines("vdsl2", 48, 39)),
    "edge-router": device("huawei-router", (6, 5, 6), sessions__pppoe=17210,
                          sessions__total=18421),
}


def poll(path):
    done = subprocess.run([PROBE, "poll", "--replay", path, "--json"], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def found(answer, path):
    if path == "ssids":
        return {row["ssid"]: row["stations"] for row in answer["stations"]["by_ssid"]}
    for step in path.split("."):
        answer = answer[step]
    return answer


def compare(folder, name, expected):
    path = os.path.join(folder, name + ".snmprec")
    if not os.path.exists(path):
        raise tap.Skip("the shared recordings are absent")
    answer = poll(path)
    warnings = " ".join(answer["warnings"])
    wrong = [f"warnings say nothing of {text!r}" for text in expected.get("warns", [])
             if text not in warnings]
    for key, value in expected.items():
        if key != "warns" and found(answer, key) != value:
            wrong.append(f"{key}: found {found(answer, key)!r}, expected {value!r}")
    assert not wrong, "; ".join(wrong)


def case(folder, name, expected):
    def run():
        compare(folder, name, expected)
    run.__name__ = f"recording {name} gives what its index says"
    return run


tap.run([case(SHARED, *row) for row in RECORDINGS.items()] +
        [case(OWN, *row) for row in OWN_RECORDINGS.items()])
