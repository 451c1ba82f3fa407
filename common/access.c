/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/access.h"

const struct conf_name access_technology_names[] = {
    {"unknown", TECHNOLOGY_UNKNOWN},
    {"gpon", TECHNOLOGY_GPON},
    {"xgspon", TECHNOLOGY_XGSPON},
    {"epon", TECHNOLOGY_EPON},
    {"adsl2", TECHNOLOGY_ADSL2},
    {"vdsl2", TECHNOLOGY_VDSL2},
    {"docsis", TECHNOLOGY_DOCSIS},
    {"ethernet", TECHNOLOGY_ETHERNET},
    {NULL, 0},
};

const struct conf_name residence_names[] = {
    {"unknown", RESIDENCE_UNKNOWN},
    {"residential", RESIDENCE_RESIDENTIAL},
    {"business", RESIDENCE_BUSINESS},
    {NULL, 0},
};

const struct conf_name settlement_names[] = {
    {"unknown", SETTLEMENT_UNKNOWN},
    {"urban", SETTLEMENT_URBAN},
    {"rural", SETTLEMENT_RURAL},
    {NULL, 0},
};

const struct conf_name line_key_kind_names[] = {
    {"none", LINE_KEY_NONE},
    {"circuit", LINE_KEY_CIRCUIT},
    {"terminal-serial", LINE_KEY_TERMINAL_SERIAL},
    {"account", LINE_KEY_ACCOUNT},
    {"vlan-pair", LINE_KEY_VLAN_PAIR},
    {"mac", LINE_KEY_MAC},
    {NULL, 0},
};

const struct conf_name interface_role_names[] = {
    {"none", INTERFACE_ROLE_NONE},
    {"egress", INTERFACE_ROLE_EGRESS},
    {"core-node", INTERFACE_ROLE_CORE_NODE},
    {"cloud-centre", INTERFACE_ROLE_CLOUD_CENTRE},
    {NULL, 0},
};

const struct conf_name confidence_names[] = {
    {"unconfirmed", CONFIDENCE_UNCONFIRMED},
    {"mib", CONFIDENCE_FROM_MIB},
    {"seen", CONFIDENCE_SEEN},
    {NULL, 0},
};

const struct conf_name element_kind_names[] = {
    {"terminal", ELEMENT_TERMINAL},
    {"wtp", ELEMENT_WTP},
    {NULL, 0},
};

const struct conf_name element_state_names[] = {
    {"unknown", ELEMENT_STATE_UNKNOWN},
    {"run", ELEMENT_RUN},
    {"down", ELEMENT_DOWN},
    {"standby", ELEMENT_STANDBY},
    {NULL, 0},
};

const struct conf_name model_class_names[] = {
    {"unknown", MODEL_UNKNOWN},
    {"single", MODEL_SINGLE},
    {"business", MODEL_BUSINESS},
    {"mdu", MODEL_MULTIPLE},
    {NULL, 0},
};

const struct conf_name wlan_service_names[] = {
    {"unknown", WLAN_SERVICE_UNKNOWN},
    {"public", WLAN_PUBLIC},
    {"private", WLAN_PRIVATE},
    {NULL, 0},
};

const unsigned capability_edges_kbit_s[CAPABILITY_CLASSES] = {
    0,     256,   2000,   4000,   8000,   10000,  20000,   30000,
    50000, 80000, 100000, 200000, 300000, 500000, 1000000, 2000000,
};

bool access_technology_is_ftth(enum access_technology technology)
{
    return technology == TECHNOLOGY_GPON || technology == TECHNOLOGY_XGSPON ||
           technology == TECHNOLOGY_EPON;
}

size_t capability_class(unsigned long long kbit_s)
{
    size_t class = 0;
    while (class + 1 < CAPABILITY_CLASSES && kbit_s >= capability_edges_kbit_s[class + 1])
        class ++;
    return class;
}
