/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the states of a bus are called, and what a person can do about each.
 */
#include "common/bus.h"

static const struct {
    const char *name;
    const char *remedy;
} states[BUS_STATES] = {
    [BUS_DISCONNECTED] = {"disconnected", "the connection broke; it is tried again by itself"},
    [BUS_CONNECTING] = {"connecting", "nothing to do yet"},
    [BUS_CONNECTED] = {"connected", "nothing to do"},
    [BUS_UNREACHABLE] = {"unreachable",
                         "check the network, the firewall between, and the broker's host and port"},
    [BUS_LOGIN_REFUSED] = {"login-refused",
                           "check user name and password against the broker's password file"},
    [BUS_NOT_AUTHORISED] = {"not-authorised",
                            "check the broker's ACL: it must name this user, operator and probe"},
    [BUS_TLS_FAILED] = {"tls-failed",
                        "check that the port speaks TLS 1.2 or younger, and that the CA, "
                        "certificate and key files can be read and belong together"},
    [BUS_PROTOCOL_ERROR] = {"protocol-error",
                            "the broker must speak MQTT 5; see its log for what it objects to"},
    [BUS_CONNECTION_REFUSED] = {"connection-refused",
                                "nothing listens there: check that the broker runs, and its port"},
    [BUS_UNRESOLVED] = {"name-unresolved",
                        "check the broker's host name and this machine's name server"},
    [BUS_CERTIFICATE_EXPIRED] = {"certificate-expired",
                                 "renew the broker's certificate; where it is in date, this "
                                 "machine's clock is ahead"},
    [BUS_CLOCK_WRONG] = {"clock-wrong",
                         "set this machine's clock (NTP): the broker's certificate is not valid "
                         "at the time that it shows"},
    [BUS_CA_UNKNOWN] = {"ca-unknown",
                        "install the authority that signed the broker's certificate as CA file"},
    [BUS_HOST_MISMATCH] = {"host-mismatch",
                           "use the host's name as the broker's certificate has it, or have one "
                           "made that names this host"},
    [BUS_CERTIFICATE_REFUSED] = {"certificate-refused",
                                 "the broker does not take this machine's certificate: check that "
                                 "there is one, that it is in date, and the broker's CA"},
};

const char *bus_state_name(enum bus_state state)
{
    return state < BUS_STATES ? states[state].name : "?";
}

const char *bus_state_remedy(enum bus_state state)
{
    return state < BUS_STATES ? states[state].remedy : "?";
}
