/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A probe built without netlink: what only the kernel could be asked for is refused by the
 * settings, with the line and what to do instead; hostapd still counts.
 */
#include "probe/conntrack/conntrack.h"
#include "probe/settings/settings.h"
#include "probe/station/station.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void write_file(const char *folder, const char *name, const char *text, char *out_path,
                       size_t size)
{
    (void)snprintf(out_path, size, "%s/%s", folder, name);
    FILE *file = fopen(out_path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(out_path, 0600), 0);
}

static void what_the_kernel_would_be_asked_for_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says; /* NULL: taken */
    } cases[] = {
        {"", NULL},
        {"stations = { name = \"ap-1\"; area = \"371002\"; source = \"hostapd\"; };", NULL},
        {"stations = { name = \"ap-1\"; area = \"371002\"; };", "source = \"hostapd\""},
        {"stations = { name = \"ap-1\"; area = \"371002\";\n source = \"nl80211\"; };", ":4: "},
        {"connections = { name = \"ct\"; };", "leave 'connections' out"},
    };
    char *folder = temp_folder_new();
    assert_non_null(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[512], text[1024];
        struct conf_error error = {""};
        write_file(folder, "key",
                   "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n", path,
                   sizeof path);
        (void)snprintf(text, sizeof text,
                       "operator = \"cu\"; probe = \"p\"; pseudonym_key_file = \"key\";\n"
                       "sources = ( { name = \"tap\"; interface = \"lo\"; } );\n%s\n",
                       cases[i].text);
        write_file(folder, "probe.cfg", text, path, sizeof path);
        struct settings *settings = settings_read(path, &error);
        if (cases[i].says) {
            assert_null(settings);
            assert_non_null(strstr(error.text, "without netlink"));
            assert_non_null(strstr(error.text, cases[i].says));
        } else {
            assert_non_null(settings);
        }
        settings_free(settings);
    }
    temp_folder_remove(folder);
}

static void what_asks_the_kernel_says_that_it_cannot(void **state)
{
    (void)state;
    struct station_list *list = station_list_new();
    assert_non_null(list);
    station_ask_nl80211(list);
    assert_int_equal(list->outcome, POLL_FAILED);
    assert_int_equal(list->status, -EOPNOTSUPP);
    station_list_free(list);
    const struct conntrack_options options = {.connections_max = 1};
    assert_null(conntrack_open(&options));
    assert_int_equal(errno, EOPNOTSUPP);
    assert_int_equal(conntrack_fd(NULL), -1);
    bool complete = true;
    assert_int_equal(conntrack_count(NULL, &complete).packets, 0);
    assert_false(complete);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_kernel_would_be_asked_for_is_refused_with_its_line),
        cmocka_unit_test(what_asks_the_kernel_says_that_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
