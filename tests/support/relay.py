# SPDX-License-Identifier: GPL-2.0-or-later
"""A relay between probes and their broker that loses, repeats and shuffles what is published.

It speaks MQTT 5 as far as that takes: a PUBLISH of QoS 1 towards the broker is answered by the relay
itself, as a broker does that has taken a message and will crash with it. What it keeps goes on in
another order, some of it twice. Everything else passes through as it is.
"""
import random
import select
import socket
import threading

PUBLISH, PUBACK = 3, 4


def take_packet(data):
    """(packet, rest), or (None, data) while it is not whole."""
    size, shift, at = 0, 0, 1
    while at < len(data):
        size |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            end = at + size
            return (data[:end], data[end:], at) if len(data) >= end else (None, data, 0)
    return None, data, 0


class Relay:
    """Listens on a port of its own; window 0 shuffles nothing."""

    def __init__(self, broker_port, seed, lose=0.0, repeat=0.0, window=0):
        self.broker_port, self.dice = broker_port, random.Random(seed)
        self.lose, self.repeat, self.window = lose, repeat, window
        self.counts = {"published": 0, "lost": 0, "repeated": 0, "displaced": 0}
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.lock = threading.Lock()
        self.ended = False
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.ended = True
        self.server.close()

    def accept(self):
        while not self.ended:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            broker = socket.create_connection(("127.0.0.1", self.broker_port))
            with client, broker:
                Session(self, client, broker).run()
        except OSError:
            pass  # either side has gone, and the probe comes again

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] += number


class Session:
    """One connection; packet numbers towards the broker are the relay's own."""

    def __init__(self, relay, client, broker):
        self.relay, self.client, self.broker = relay, client, broker
        self.kept = []  # packets that wait for their turn, with the number of their arrival
        self.arrived = self.sent = self.number = 0

    def run(self):
        streams = {self.client: b"", self.broker: b""}
        handlers = {self.client: self.from_client, self.broker: self.from_broker}
        while True:
            readable, _, _ = select.select(list(streams), [], [], 0.05)
            for side in readable:
                data = side.recv(65536)
                if not data:
                    return
                streams[side] += data
                packet, streams[side], body = take_packet(streams[side])
                while packet:
                    handlers[side](packet, body)
                    packet, streams[side], body = take_packet(streams[side])
            if not readable:
                self.release(0)  # a lull: nobody would come after them

    def from_client(self, packet, body):
        if packet[0] >> 4 != PUBLISH or packet[0] >> 1 & 3 != 1 or b"/state" in packet[:body + 256]:
            self.broker.sendall(packet)
            return
        at = body + 2 + int.from_bytes(packet[body:body + 2], "big")
        self.client.sendall(bytes([PUBACK << 4, 2]) + packet[at:at + 2])
        relay, dice = self.relay, self.relay.dice
        relay.count("published")
        if dice.random() < relay.lose:
            relay.count("lost")
            return
        copies = 2 if dice.random() < relay.repeat else 1
        relay.count("repeated", copies - 1)
        for _ in range(copies):
            self.kept.append((self.arrived, packet, at))
            self.arrived += 1
        self.release(relay.window)

    def release(self, window):
        while len(self.kept) > window:
            pick = self.relay.dice.randrange(len(self.kept)) if self.relay.window else 0
            arrived, packet, at = self.kept.pop(pick)
            self.relay.count("displaced", arrived != self.sent)
            self.sent += 1
            self.number = self.number % 30000 + 30001  # the probe's own are below
            self.broker.sendall(packet[:at] + self.number.to_bytes(2, "big") + packet[at + 2:])

    def from_broker(self, packet, body):
        if packet[0] >> 4 == PUBACK and int.from_bytes(packet[body:body + 2], "big") > 30000:
            return
        self.client.sendall(packet)
