/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three questions: the number of the family, its interfaces, the stations of each that is an access
 * point. None of them asks for a right.
 */
#include "probe/station/station_answers.h"

#include "probe/netlink/socket.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <unistd.h>

struct conversation {
    int fd;
    uint32_t sequence;
    uint16_t family;
    struct station_list *list;
    struct station_network *network; /* whose stations are being listed */
};

/* Behind the generic head, if the message is of this family and command. */
static bool open_generic(const struct netlink_message *message, uint16_t type, uint8_t command,
                         struct cursor *out)
{
    *out = message->payload;
    const uint8_t *head = cursor_take(out, sizeof(struct genlmsghdr));
    return message->type == type && head && head[0] == command;
}

static void take_family(void *ctx, const struct netlink_message *message)
{
    struct conversation *conversation = ctx;
    struct cursor attributes;
    if (open_generic(message, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, &attributes))
        conversation->family = genetlink_read_family(attributes);
}

static void take_interface(void *ctx, const struct netlink_message *message)
{
    struct conversation *conversation = ctx;
    struct station_network found;
    struct cursor attributes;
    bool is_ap = false;
    if (!open_generic(message, conversation->family, NL80211_CMD_NEW_INTERFACE, &attributes) ||
        !nl80211_read_interface(attributes, &found, &is_ap)) {
        conversation->list->malformed++;
        return;
    }
    struct station_network *network = is_ap ? station_add_network(conversation->list) : NULL;
    if (network)
        *network = found;
}

static void take_station(void *ctx, const struct netlink_message *message)
{
    struct conversation *conversation = ctx;
    struct cursor attributes;
    uint64_t mac = 0;
    bool associated = false;
    if (!open_generic(message, conversation->family, NL80211_CMD_NEW_STATION, &attributes) ||
        !nl80211_read_station(attributes, &mac, &associated))
        conversation->list->malformed++;
    else if (associated)
        station_add(conversation->list, conversation->network, mac);
}

static void begin(struct conversation *conversation, struct netlink_request *request, uint16_t type,
                  uint16_t flags, uint8_t command)
{
    const uint8_t head[sizeof(struct genlmsghdr)] = {command, 1};
    netlink_begin(request, type, flags, ++conversation->sequence);
    netlink_put(request, head, sizeof head);
}

static int find_family(struct conversation *conversation)
{
    static const char name[] = NL80211_GENL_NAME;
    struct netlink_request request;
    begin(conversation, &request, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY);
    netlink_put_attribute(&request, CTRL_ATTR_FAMILY_NAME, name, sizeof name);
    netlink_end(&request);
    int status = netlink_ask(conversation->fd, &request, take_family, conversation);
    return status == 0 && conversation->family == 0 ? -EPROTO : status;
}

static int list_interfaces(struct conversation *conversation)
{
    struct netlink_request request;
    begin(conversation, &request, conversation->family, NLM_F_DUMP, NL80211_CMD_GET_INTERFACE);
    netlink_end(&request);
    return netlink_ask(conversation->fd, &request, take_interface, conversation);
}

static void list_stations(struct conversation *conversation, struct station_network *network)
{
    struct netlink_request request;
    begin(conversation, &request, conversation->family, NLM_F_DUMP, NL80211_CMD_GET_STATION);
    netlink_put_attribute(&request, NL80211_ATTR_IFINDEX, &network->interface_number,
                          sizeof network->interface_number);
    netlink_end(&request);
    network->stations = optional_u64(0);
    conversation->network = network;
    if (netlink_ask(conversation->fd, &request, take_station, conversation) == 0)
        return;
    network->stations.known = false;
    conversation->list->outcome = POLL_PARTIAL;
}

void station_ask_nl80211(struct station_list *list)
{
    struct conversation conversation = {.list = list};
    conversation.fd = netlink_open(NETLINK_GENERIC, 0);
    int status = conversation.fd < 0 ? conversation.fd : find_family(&conversation);
    if (status == 0)
        status = list_interfaces(&conversation);
    for (size_t i = 0; i < list->network_count && status == 0; i++)
        list_stations(&conversation, &list->networks[i]);
    if (status == 0 && list->network_count == 0)
        status = -ENODEV;
    if (status != 0)
        list->outcome = POLL_FAILED;
    list->status = status;
    if (conversation.fd >= 0)
        (void)close(conversation.fd);
}
