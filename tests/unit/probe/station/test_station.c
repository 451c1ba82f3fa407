/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stations of an access point: nl80211's messages as a kernel sends them (laid out by hand after
 * linux/nl80211.h, since there is no radio here), hostapd's answers as hostapd 2.10 gives them, and
 * a stub of its control sockets.
 */
#include "probe/station/station_answers.h"

#include "probe/netlink/message.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <linux/nl80211.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- nl80211 ---- */

/* Attributes alone, one after the other, as they stand behind the generic head. */
static struct cursor attributes_of(const struct netlink_request *request)
{
    return cursor_of(request->bytes, request->length);
}

static void put_u32(struct netlink_request *request, uint16_t type, uint32_t value)
{
    netlink_put_attribute(request, type, &value, sizeof value);
}

static struct netlink_request interface_message(uint32_t kind, const char *ssid)
{
    struct netlink_request request = {.length = 0};
    put_u32(&request, NL80211_ATTR_IFINDEX, 7);
    netlink_put_attribute(&request, NL80211_ATTR_IFNAME, "wlan0", sizeof "wlan0");
    put_u32(&request, NL80211_ATTR_WIPHY, 0);
    put_u32(&request, NL80211_ATTR_IFTYPE, kind);
    if (ssid)
        netlink_put_attribute(&request, NL80211_ATTR_SSID, ssid, strlen(ssid));
    return request;
}

static struct netlink_request station_message(const uint8_t mac[6], uint32_t mask, uint32_t set)
{
    struct netlink_request info = {.length = 0};
    struct netlink_request request = {.length = 0};
    const uint32_t flags[2] = {mask, set};
    put_u32(&info, NL80211_STA_INFO_INACTIVE_TIME, 12);
    netlink_put_attribute(&info, NL80211_STA_INFO_STA_FLAGS, flags, sizeof flags);
    put_u32(&request, NL80211_ATTR_IFINDEX, 7);
    netlink_put_attribute(&request, NL80211_ATTR_MAC, mac, 6);
    netlink_put_attribute(&request, NL80211_ATTR_STA_INFO | 0x8000, info.bytes, info.length);
    return request;
}

static void an_access_points_interface_is_read_with_its_network(void **state)
{
    (void)state;
    struct station_network network;
    bool is_ap = false;
    struct netlink_request request = interface_message(NL80211_IFTYPE_AP, "weihai-free");
    assert_true(nl80211_read_interface(attributes_of(&request), &network, &is_ap));
    assert_true(is_ap);
    assert_int_equal(network.interface_number, 7);
    assert_string_equal(network.interface, "wlan0");
    assert_int_equal(network.ssid_length, strlen("weihai-free"));
    assert_memory_equal(network.ssid, "weihai-free", network.ssid_length);
    assert_false(network.stations.known);
    request = interface_message(NL80211_IFTYPE_STATION, "home");
    assert_true(nl80211_read_interface(attributes_of(&request), &network, &is_ap));
    assert_false(is_ap);
    request = interface_message(NL80211_IFTYPE_AP, "an-ssid-of-more-than-32-octets----");
    assert_false(nl80211_read_interface(attributes_of(&request), &network, &is_ap));
}

static void a_station_counts_when_it_is_associated_or_nothing_is_said(void **state)
{
    (void)state;
    static const uint8_t mac[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
    const uint32_t bit = 1u << NL80211_STA_FLAG_ASSOCIATED;
    static const struct {
        bool masked, set, counts;
    } cases[] = {{true, true, true}, {true, false, false}, {false, false, true}};
    for (size_t i = 0; i < 3; i++) {
        uint64_t read = 0;
        bool associated = false;
        struct netlink_request request =
            station_message(mac, cases[i].masked ? bit : 0, cases[i].set ? bit : 0);
        assert_true(nl80211_read_station(attributes_of(&request), &read, &associated));
        assert_int_equal(read, UINT64_C(0x021122334455));
        assert_int_equal(associated, cases[i].counts);
    }
}

/* Each byte missing, and each length changed: read, or refused, and never beyond the end. */
static void cut_and_spoilt_messages_are_read_within_their_bounds(void **state)
{
    (void)state;
    static const uint8_t mac[6] = {2, 1, 1, 1, 1, 1};
    const struct netlink_request whole = station_message(mac, 2, 2);
    for (size_t length = 0; length <= whole.length; length++)
        for (unsigned flip = 0; flip < 8 * whole.length; flip++) {
            uint8_t *bytes = malloc(length + 1); /* so that the sanitizer knows its end */
            uint64_t read = 0;
            bool associated = false;
            assert_non_null(bytes);
            memcpy(bytes, whole.bytes, length);
            if (flip / 8 < length)
                bytes[flip / 8] ^= (uint8_t)(1u << flip % 8);
            (void)nl80211_read_station(cursor_of(bytes, length), &read, &associated);
            free(bytes);
        }
    uint64_t read = 0;
    bool associated = false;
    assert_false(nl80211_read_station(cursor_of(whole.bytes, 3), &read, &associated));
}

static void without_a_radio_the_reading_fails_and_says_why(void **state)
{
    (void)state;
    struct station_list *list = station_list_new();
    station_ask_nl80211(list);
    if (list->outcome != POLL_FAILED) {
        station_list_free(list);
        skip(); /* this machine has one */
    }
    assert_true(list->status < 0);
    assert_int_equal(list->network_count, 0);
    station_list_free(list);
}

/* ---- hostapd ---- */

#define FIRST                                                                                      \
    "02:00:00:00:00:01\nflags=[AUTH][ASSOC][AUTHORIZED][SHORT_PREAMBLE]\naid=1\ncapability="       \
    "0x421\n"
#define SECOND "02:00:00:00:00:02\nflags=[AUTH]\naid=0\n"
#define STATUS                                                                                     \
    "state=ENABLED\nphy=phy0\nfreq=2412\nchannel=1\nbss[0]=wlan0\nbssid[0]=02:aa:00:00:00:00\n"    \
    "ssid[0]=weihai-free\nnum_sta[0]=2\nbss[1]=wlan0-1\nssid[1]=caf\\xc3\\xa9 \\\"1\\\"\n"

static enum hostapd_station read_station(const char *answer, uint64_t *mac)
{
    char text[MAC_TEXT_BYTES];
    return hostapd_read_station(answer, strlen(answer), mac, text);
}

static void hostapds_stations_are_read_by_their_flags(void **state)
{
    (void)state;
    uint64_t mac = 0;
    assert_int_equal(read_station(FIRST, &mac), HOSTAPD_STATION);
    assert_int_equal(mac, UINT64_C(0x020000000001));
    assert_int_equal(read_station(SECOND, &mac), HOSTAPD_NOT_ASSOCIATED);
    assert_int_equal(read_station("", &mac), HOSTAPD_END);
    assert_int_equal(read_station("FAIL\n", &mac), HOSTAPD_END);
    assert_int_equal(read_station("UNKNOWN COMMAND\n", &mac), HOSTAPD_MALFORMED);
    assert_int_equal(read_station("02:00:00:00:00:0x\n", &mac), HOSTAPD_MALFORMED);
}

static void the_network_of_an_interface_is_found_and_unescaped(void **state)
{
    (void)state;
    struct station_network network = {.interface = "wlan0-1"};
    assert_true(hostapd_read_status(STATUS, strlen(STATUS), &network));
    assert_int_equal(network.ssid_length, 9);
    assert_memory_equal(network.ssid, "caf\xc3\xa9 \"1\"", 9);
    struct station_network other = {.interface = "wlan1"};
    assert_false(hostapd_read_status(STATUS, strlen(STATUS), &other));
    static const char broken[] = "bss[0]=wlan0\nssid[0]=a\\q\n";
    struct station_network spoilt = {.interface = "wlan0"};
    assert_false(hostapd_read_status(broken, strlen(broken), &spoilt));
}

/* hostapd's part: a socket for each interface, which answers from a table of its own. */
struct stub {
    const char *interface;
    const char *const *answers; /* pairs of question and answer; NULL at the end */
    int fd;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

static const char *const radio0[] = {"STATUS",
                                     STATUS,
                                     "STA-FIRST",
                                     FIRST,
                                     "STA-NEXT 02:00:00:00:00:01",
                                     SECOND,
                                     "STA-NEXT 02:00:00:00:00:02",
                                     "02:00:00:00:00:03\nflags=[AUTH][ASSOC]\n",
                                     "STA-NEXT 02:00:00:00:00:03",
                                     "",
                                     NULL};
/* The third station has roamed, or is on both; and one that goes round and round. */
static const char *const radio1[] = {"STATUS",
                                     STATUS,
                                     "STA-FIRST",
                                     "02:00:00:00:00:03\nflags=[AUTH][ASSOC]\n",
                                     "STA-NEXT 02:00:00:00:00:03",
                                     "FAIL\n",
                                     NULL};
static const char *const silent[] = {"STATUS", STATUS, NULL};

static void stub_open(struct stub *stub, const char *folder, const char *interface,
                      const char *const *answers)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, interface);
    stub->interface = interface;
    stub->answers = answers;
    stub->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(stub->fd, (const struct sockaddr *)&address, sizeof address), 0);
    memcpy(stub->path, address.sun_path, sizeof stub->path);
}

/* Until it is told to end by an empty question. */
static void *stub_serve(void *ctx)
{
    const struct stub *stub = ctx;
    for (;;) {
        char question[64] = "";
        struct sockaddr_un from;
        socklen_t size = sizeof from;
        ssize_t length =
            recvfrom(stub->fd, question, sizeof question - 1, 0, (struct sockaddr *)&from, &size);
        if (length <= 0)
            return NULL;
        for (size_t i = 0; stub->answers[i]; i += 2)
            if (strcmp(stub->answers[i], question) == 0)
                (void)sendto(stub->fd, stub->answers[i + 1], strlen(stub->answers[i + 1]), 0,
                             (struct sockaddr *)&from, size);
    }
}

static void stub_close(struct stub *stub, pthread_t thread)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(address.sun_path, stub->path, sizeof address.sun_path);
    (void)sendto(fd, "", 0, 0, (const struct sockaddr *)&address, sizeof address);
    (void)pthread_join(thread, NULL);
    (void)close(fd);
    (void)close(stub->fd);
}

static bool is_free(const void *ctx, const uint8_t *ssid, size_t length)
{
    (void)ctx;
    return length == strlen("weihai-free") && memcmp(ssid, "weihai-free", length) == 0;
}

static struct report_inventory *filled(struct report *report, struct station_list *list)
{
    struct report_inventory *inventory = report_add_inventory(report);
    assert_non_null(inventory);
    assert_int_equal(station_fill(list, is_free, NULL, inventory), 0);
    return inventory;
}

static void all_radios_are_asked_and_a_station_on_two_counts_once(void **state)
{
    (void)state;
    char *folder = temp_folder_new();
    struct stub stubs[2];
    pthread_t threads[2];
    stub_open(&stubs[0], folder, "wlan0", radio0);
    stub_open(&stubs[1], folder, "wlan0-1", radio1);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stub_serve, &stubs[i]), 0);
    struct station_list *list = station_list_new();
    struct report *report = report_new();
    station_ask_hostapd(list, folder);
    const struct report_inventory *inventory = filled(report, list);
    assert_int_equal(inventory->outcome, POLL_COMPLETE);
    assert_int_equal(inventory->stations_associated.value, 2);
    assert_int_equal(inventory->network_count, 2);
    for (size_t i = 0; i < 2; i++) {
        bool named = inventory->networks[i].ssid[0] != '\0';
        assert_int_equal(inventory->networks[i].networks, 1);
        assert_int_equal(inventory->networks[i].stations.value, named ? 2 : 1);
        assert_string_equal(inventory->networks[i].ssid, named ? "weihai-free" : "");
    }
    assert_false(inventory->wtp_run.known); /* that is a controller's to say */
    for (size_t i = 0; i < 2; i++)
        stub_close(&stubs[i], threads[i]);
    report_free(report);
    station_list_free(list);
    temp_folder_remove(folder);
}

static void a_radio_that_falls_silent_makes_its_count_unknown_and_not_zero(void **state)
{
    (void)state;
    char *folder = temp_folder_new();
    struct stub stub;
    pthread_t thread;
    stub_open(&stub, folder, "wlan0", silent);
    assert_int_equal(pthread_create(&thread, NULL, stub_serve, &stub), 0);
    struct station_list *list = station_list_new();
    struct report *report = report_new();
    station_ask_hostapd(list, folder);
    const struct report_inventory *inventory = filled(report, list);
    assert_int_equal(inventory->outcome, POLL_PARTIAL);
    assert_false(inventory->stations_associated.known);
    assert_int_equal(inventory->network_count, 1);
    assert_false(inventory->networks[0].stations.known);
    stub_close(&stub, thread);
    report_free(report);
    station_list_free(list);
    temp_folder_remove(folder);
}

static void without_hostapd_the_reading_fails(void **state)
{
    (void)state;
    char *folder = temp_folder_new();
    struct station_list *list = station_list_new();
    station_ask_hostapd(list, folder);
    assert_int_equal(list->outcome, POLL_FAILED);
    assert_int_equal(list->status, -ENOENT);
    station_list_free(list);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_points_interface_is_read_with_its_network),
        cmocka_unit_test(a_station_counts_when_it_is_associated_or_nothing_is_said),
        cmocka_unit_test(cut_and_spoilt_messages_are_read_within_their_bounds),
        cmocka_unit_test(without_a_radio_the_reading_fails_and_says_why),
        cmocka_unit_test(hostapds_stations_are_read_by_their_flags),
        cmocka_unit_test(the_network_of_an_interface_is_found_and_unescaped),
        cmocka_unit_test(all_radios_are_asked_and_a_station_on_two_counts_once),
        cmocka_unit_test(a_radio_that_falls_silent_makes_its_count_unknown_and_not_zero),
        cmocka_unit_test(without_hostapd_the_reading_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
