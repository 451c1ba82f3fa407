#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lastmile demo: the whole chain on loopback, without hardware.

usage: lastmile demo [--once] [--history] [--keep DIR] [--seconds N]

  --once       run until every indicator has a value, print the verdicts, stop, exit 0
  --history    instead of the live chain: five years of a synthetic city of about 1,000 lines, as its
               probes would have reported them, with the areas' and operators' figures and the truth
  --keep DIR   leave the configuration (DIR/collector.cfg) and the data there
  --seconds N  give up after N seconds (default 120)

A small synthetic city: three operators' probes read packets of the project's own generator, poll a
started snmpd and recorded devices, and publish through a private broker; the collector holds what
they say against the Weihai plan. Households and declared figures are synthetic and marked so: this
shows the machinery, not Weihai. Nothing is fixed in advance: change an input, the figure changes.
"""
import argparse
import csv
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from chain import SOURCE, Chain, ChainError, program, wait_for  # noqa: E402

INTERVAL_MS = 2000
PROBES = (("cu", "cu-huancui"), ("cm", "cm-wendeng"), ("gd", "gd-gaoqu"))
RECORDINGS = os.path.join(SOURCE, "tests", "support", "snmprec")


def say(text):
    print(text, flush=True)


def access_node(name, source, area, technology, settlement="urban", wlan=False):
    return (f'  {{ name = "{name}"; source = "{source}"; area = "{area}"; '
            f'settlement = "{settlement}"; residence = "residential"; '
            f'technology = "{technology}"; wlan = {str(wlan).lower()}; }}')


def device(name, port, area, settlement="urban", residence="residential", rates=(), roles=()):
    capabilities = ", ".join(f'{{ technology = "{t}"; down_mbit_s = {rate}; }}'
                             for t, rate in rates)
    interfaces = ", ".join(f'{{ match = "{match}"; role = "{role}"; }}' for match, role in roles)
    return (f'  {{ name = "{name}"; address = "udp:127.0.0.1:{port}"; credentials = "demo"; '
            f'area = "{area}"; settlement = "{settlement}"; residence = "{residence}";\n'
            f'    capabilities = ( {capabilities} ); interfaces = ( {interfaces} ); }}')


# Where the generator's servers stand: the first 64 are the "cloud".
DESTINATIONS = """198.51.100.0/26 cloud-weihai
198.51.100.64/28 kr
198.51.100.80/28 jp
2001:db8::/32 saas-contracted
"""


def probe_body(sources, nodes, devices, public_ssids=()):
    newline = ",\n"
    ssids = ", ".join(f'"{ssid}"' for ssid in public_ssids)
    return f"""sources = (
{newline.join(sources)}
);
access_nodes = (
{newline.join(nodes)}
);
destinations = {{ prefix_files = [ "destinations.txt" ]; line_octets = 1000;
  classes = [ "cloud-weihai", "saas-contracted", "kr", "jp" ]; }};
public_ssids = [ {ssids} ];
snmp = {{
  profiles = "{SOURCE}/config/profiles";
  interval_ms = {INTERVAL_MS};
  secrets_file = "snmp.secrets";
  devices = (
{newline.join(devices)}
  );
}};
"""


def file_source(name, capture, snaplen=256):
    return (f'  {{ name = "{name}"; file = "../packets/{capture}"; repeat = true; '
            f'snaplen = {snaplen}; }}')


def live_source(chain):
    """Loopback itself, where the user may capture: the chain's own MQTT traffic."""
    if os.geteuid() != 0:
        say("  capture  from files only: live capture needs root (CAP_NET_RAW)")
        return []
    say("  capture  live on loopback, too (the chain's own traffic)")
    return [f'  {{ name = "loopback"; interface = "lo"; filter = "tcp port {chain.broker_port}"; }}']


def variant():
    """What a test changes of the inputs, to see the figures follow: {captures, recordings}."""
    path = os.environ.get("LASTMILE_DEMO_VARIANT")
    if not path:
        return {"captures": {}, "recordings": {}}
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def recording(chain, name):
    """The path of a recording; with the variant's lines put in for those of the same OID."""
    original = os.path.join(RECORDINGS, name + ".snmprec")
    changes = variant()["recordings"].get(name)
    if not changes:
        return original
    with open(original, encoding="utf-8") as text:
        lines = [f"{oid}|{changes[oid]}" if (oid := line.split("|", 1)[0]) in changes else line
                 for line in text.read().splitlines()]
    return chain.write(os.path.join("agents", name + ".variant"), "\n".join(lines) + "\n")


def build_probes(chain):
    """Three operators: packets, recorded devices, a real snmpd, and loopback where root may."""
    chain.write_secret("probes/snmp.secrets",
                       'credentials = ( { name = "demo"; version = "2c"; community = "demo"; } );')
    chain.write("probes/destinations.txt", DESTINATIONS)
    for capture, kind, lines, seed in (("cu.pcap", "pppoe-qinq", 48, 1),
                                       ("cm.pcap", "dhcp", 32, 2), ("gd.pcap", "wlan", 24, 3)):
        lines = variant()["captures"].get(capture, lines)
        truth = chain.make_capture(capture, kind, lines, seconds=8, seed=seed)
        say(f"  packets  {capture}: {truth['packets']} packets, {truth['lines']} lines ({kind})")
    agents = {name: chain.start_replay_agent(name, recording(chain, name)) for name in
              ("olt-huawei", "olt-zte", "olt-ufiber", "dslam-zte", "wlan-huawei", "wlan-ruckus",
               "edge-router")}
    snmpd = chain.start_snmpd()
    say(f"  agents   {len(agents)} recorded devices and a real snmpd")
    for operator, name in PROBES:
        chain.add_probe(operator, name)
    chain.write_probe_cfg("cu-huancui", INTERVAL_MS, probe_body(
        [file_source("uplink", "cu.pcap"), *live_source(chain)],
        [access_node("cu-olt-huancui", "uplink", "371002", "gpon")],
        [device("cu-olt-huancui", agents["olt-huawei"], "371002", rates=[("gpon", 1000)]),
         device("cu-dslam-rushan", agents["dslam-zte"], "371083", "rural"),
         device("cu-router", agents["edge-router"], "371000",
                roles=[("egress*", "egress"), ("core*", "core-node"),
                       ("cloud*", "cloud-centre")]),
         device("cu-host", snmpd, "371000")]))
    chain.write_probe_cfg("cm-wendeng", INTERVAL_MS, probe_body(
        [file_source("uplink", "cm.pcap", snaplen=640)],
        [access_node("cm-lan-wendeng", "uplink", "371003", "ethernet", "rural")],
        [device("cm-olt-wendeng", agents["olt-zte"], "371003", "rural", rates=[("gpon", 200)]),
         device("cm-olt-rongcheng", agents["olt-ufiber"], "371082", rates=[("gpon", 1000)])]))
    chain.write_probe_cfg("gd-gaoqu", INTERVAL_MS, probe_body(
        [file_source("controller", "gd.pcap")],
        [access_node("gd-ac-gaoqu", "controller", "371071", "unknown", wlan=True)],
        [device("gd-ac-gaoqu", agents["wlan-huawei"], "371071"),
         device("gd-sz-jingqu", agents["wlan-ruckus"], "371072"),
         device("gd-olt-firms", agents["olt-ufiber"], "371072", residence="business",
                rates=[("gpon", 1000)])],
        public_ssids=["Weihai-Free", "Harbour-WiFi"]))


def import_registers(chain):
    """Denominators, inventories and declared figures: synthetic, dated today, marked as such."""
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    for name in ("denominators", "nodes", "declared", "venues"):
        with open(os.path.join(HERE, name + ".csv"), encoding="utf-8") as template:
            text = template.read().replace("@TODAY@", today.isoformat())
        chain.write(f"{name}.csv", text)
        chain.lastmile("import", chain.path(f"{name}.csv"))


def city_figures(chain):
    answer = chain.get("/api/v1/figures", "json")
    return [f for f in (answer or {}).get("figures", [])
            if f["area"] == "371000" and not f["operator"]]


# What no input here shows: the recorded controllers serve no network that is declared public.
NOT_SHOWN = ("free-basic-internet",)


def can_have_value(figure):
    """Not an index, and not what no report carries: those say so instead."""
    return (figure["numerator_name"] not in ("index", "not-carried") and
            figure["indicator"] not in NOT_SHOWN)


def all_have_values(chain):
    chain.check_alive()
    figures = [f for f in city_figures(chain) if can_have_value(f)]
    return figures and all(f["value"] is not None for f in figures)


def start(chain):
    say("lastmile demo: a synthetic city on loopback")
    chain.start_broker()
    say(f"  broker   mosquitto on 127.0.0.1:{chain.broker_port}, a password and an ACL per probe")
    chain.write_collector_cfg("presence_days = 1;")
    chain.start_collector()
    build_probes(chain)
    chain.write_broker_files()
    chain.processes["broker"].send_signal(signal.SIGHUP)
    import_registers(chain)
    for name in chain.probes:
        chain.start_probe(name)
    say(f"  probes   {', '.join(chain.probes)}, an interval of {INTERVAL_MS // 1000} s")


def show(chain):
    year = str(datetime.date.today().year)
    say("")
    say(chain.lastmile("export", "--year", year, "--format", "table", "--all-targets").rstrip())
    say("")
    say(f"  dashboard   http://127.0.0.1:{chain.http_port}/")


def next_steps(chain):
    tool = os.path.join(os.path.basename(SOURCE), "build", "bin", "lastmile")
    say(f"""
What to try next, in another terminal:
  {tool} --config {chain.path('collector.cfg')} export --year {datetime.date.today().year} --format csv
  {tool} --config {chain.path('collector.cfg')} status
  curl http://127.0.0.1:{chain.http_port}/api/v1/figures     and /metrics, /healthz, /openapi.json
  edit {chain.path('agents', 'olt-huawei.snmprec')} and watch the FTTH share change
Ctrl-C stops everything.""")


def build_history(chain):
    """The registry of a synthetic city of about 1,000 lines, 2015 to 2020, and its registers."""
    done = subprocess.run(
        [program("tests", "city", "city"), "--scale", "0.001", "--line-days", "4",
         "--monthly-lists", "--to", "2020-12-31", "--folder", chain.folder,
         "--registry", chain.path("data", "registry.db")],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ChainError(f"city: {done.stderr.strip()}")
    return done.stdout.splitlines()


def import_declared_years(chain):
    """What only statistics can supply, for each year: growing evenly to the demo's figures of 2020.
    The city's maker has declared shares and hotspots of its own."""
    with open(os.path.join(HERE, "declared.csv"), encoding="utf-8", newline="") as template:
        rows = [row for row in csv.DictReader(template)
                if row["indicator"] not in ("ftth-share", "wlan-hotspots", "fixed-broadband-penetration")]
    lines = [",".join(rows[0])]
    for year in range(2015, 2021):
        for row in rows:
            whole = row["unit"] == "milestone"
            reached = min(1, (year - 2011) / 9) if not whole else float(year >= 2017)
            value = float(row["value"]) * reached
            decimals = 0 if "." not in row["value"] else 1
            lines.append(",".join({**row, "value": f"{value:.{decimals}f}",
                                   "reference_date": f"{year}-12-31",
                                   "published_date": f"{year + 1}-02-15"}.values()))
    chain.write("declared-years.csv", "\n".join(lines) + "\n")
    chain.lastmile("import", chain.path("declared-years.csv"))


def run_history(options, chain):
    """No probes: what they would have sent is in the registry already."""
    say("lastmile demo: five years of a synthetic city; no figure of it is real")
    chain.start_broker()
    chain.write_collector_cfg()
    for line in build_history(chain):
        say(f"  city     {line}")
    for name in ("denominators", "nodes", "declared"):
        chain.lastmile("import", chain.path(f"{name}.csv"))
    import_declared_years(chain)
    chain.start_collector("/")  # nothing arrives any more, and /healthz says so
    for year in ("2017", "2020"):
        say("")
        say(chain.lastmile("export", "--year", year, "--format", "table").rstrip())
    say("")
    say(f"  dashboard   http://127.0.0.1:{chain.http_port}/?year=2020")
    say(f"  truth       {chain.path('truth.json')}, a line a month")
    wait_for_end(options, chain)


def wait_for_end(options, chain):
    while not options.once:
        time.sleep(1)
        chain.check_alive()


def run(options, chain):
    if options.history:
        run_history(options, chain)
        return
    begun = time.monotonic()
    start(chain)
    wait_for("every indicator to have a value", lambda: all_have_values(chain), options.seconds,
             step=0.5)
    say(f"  values   for every indicator after {time.monotonic() - begun:.0f} s")
    show(chain)
    if options.once:
        return
    next_steps(chain)
    wait_for_end(options, chain)


def main():
    parser = argparse.ArgumentParser(prog="lastmile demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--history", action="store_true",
                        help="five years of a synthetic city instead, without probes")
    parser.add_argument("--keep", metavar="DIR")
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix="lastmile-demo-")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chain = Chain(folder)
    status = 0
    try:
        run(options, chain)
    except KeyboardInterrupt:
        say("\nstopping")
    except ChainError as error:
        say(f"lastmile demo: {error}")
        missing = [f["indicator"] for f in city_figures(chain) if f["value"] is None]
        if missing:
            say("  still without a value: " + ", ".join(missing))
        status = 1
    finally:
        chain.stop_all()
        if not options.keep and status == 0:
            shutil.rmtree(folder, ignore_errors=True)
        elif not options.keep:
            say(f"  logs are in {chain.path('log')}")
    return status


if __name__ == "__main__":
    sys.exit(main())
