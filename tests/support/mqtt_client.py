# SPDX-License-Identifier: GPL-2.0-or-later
"""An MQTT 5 client that keeps no rule of its own: for a hostile probe, and for thousands of them.

Nothing but the bytes of CONNECT, SUBSCRIBE, PUBLISH (QoS 1) and what comes back (OASIS MQTT 5.0,
section 3). One thread a client.
"""
import select
import socket
import ssl
import struct

PUBACK, SUBACK, PUBLISH, CONNACK, DISCONNECT = 4, 9, 3, 2, 14
NOT_AUTHORISED = 135
PATIENCE_S = 60  # with a slow machine


class Refused(Exception):
    """The broker ended it: a reason code, or nothing more to read."""


def length_of(size):
    out = bytearray()
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out)


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(raw)) + raw


def packet(head, body):
    return bytes([head]) + length_of(len(body)) + body


def publish_packet(topic, payload, number):
    return packet(0x32, text(topic) + struct.pack(">HB", number, 0) + payload)


class MqttClient:
    """One connection; answers are counted by reason, messages kept."""

    def __init__(self, port, client_id, context=None, user=None, password=None, window=90):
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        self.window = window  # publishes without an answer
        self.data = b""
        self.number = 0
        self.open = 0
        self.reasons = {}
        self.messages = []
        flags = 0x02 | (0x80 if user else 0) | (0x40 if password else 0)
        body = (text("MQTT") + bytes([5, flags]) + struct.pack(">HB", 600, 0) + text(client_id) +
                (text(user) if user else b"") + (text(password) if password else b""))
        self.send(packet(0x10, body))
        kind, body = self.next_packet(PATIENCE_S)
        if kind != CONNACK or body[1] != 0:
            raise Refused(body[1] if len(body) > 1 else None)

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def take_packet(self):
        """One whole packet of what was read, or None."""
        size, shift, at = 0, 0, 1
        while True:
            if at >= len(self.data):
                return None
            size |= (self.data[at] & 0x7f) << shift
            shift += 7
            at += 1
            if not self.data[at - 1] & 0x80:
                break
        if len(self.data) < at + size:
            return None
        found = self.data[0] >> 4, self.data[at:at + size]
        self.data = self.data[at + size:]
        return found

    def is_readable(self, seconds):
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            return True
        poller = select.poll()  # select(2) knows no descriptor above 1023
        poller.register(self.socket, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def next_packet(self, seconds):
        """(kind, body), or None when nothing comes in time."""
        while True:
            found = self.take_packet()
            if found:
                return found
            if not self.is_readable(seconds):
                return None
            data = self.socket.recv(65536)
            if not data:
                raise Refused(None)
            self.data += data

    def serve(self, seconds):
        """Takes what has come; waits for the first at most so long."""
        while True:
            found = self.next_packet(seconds)
            if not found:
                return
            kind, body = found
            seconds = 0
            if kind == PUBACK:
                reason = body[2] if len(body) > 2 else 0
                self.reasons[reason] = self.reasons.get(reason, 0) + 1
                self.open -= 1
            elif kind == PUBLISH:
                self.take_message(body)
            elif kind == DISCONNECT:
                raise Refused(body[0] if body else 0)

    def take_message(self, body):
        """QoS 1, as subscribed; acknowledged at once."""
        size = struct.unpack(">H", body[:2])[0]
        topic, rest = body[2:2 + size], body[2 + size:]
        self.send(packet(0x40, rest[:2]))
        self.messages.append((topic.decode(), rest[3 + rest[2]:]))

    def publish(self, topic, payload):
        """Waits while too many are unanswered, as a polite client would."""
        while self.open >= self.window:
            self.serve(PATIENCE_S)
        self.number = self.number % 65535 + 1
        self.open += 1
        self.send(publish_packet(topic, payload, self.number))

    def drain(self, seconds=PATIENCE_S):
        """Until every publish has its answer."""
        while self.open:
            before = self.open
            self.serve(seconds)
            if self.open == before:
                raise Refused(None)

    def subscribe(self, topic):
        self.number = self.number % 65535 + 1
        self.send(packet(0x82, struct.pack(">HB", self.number, 0) + text(topic) + b"\x01"))
        while True:
            kind, body = self.next_packet(PATIENCE_S)
            if kind == SUBACK:
                return body[-1]
            if kind == PUBLISH:
                self.take_message(body)
