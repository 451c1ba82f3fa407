/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/alert_text.h"
#include "collector/alert/pace_alerts.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

struct desk {
    struct pace_alerts *alerts;
    unsigned told;
    struct alert_event last;
};

static void on_event(void *ctx, const struct alert_event *event)
{
    struct desk *desk = ctx;
    desk->told++;
    desk->last = *event;
}

static void read_pace(struct desk *desk, const char *indicator, enum pace_state state)
{
    const struct pace_reading reading = {
        .indicator = indicator, .state = state, .forecast = 71.5, .since_unix_ns = 1000};
    assert_int_equal(pace_alerts_judge(desk->alerts, &reading, 2000, on_event, desk), 0);
}

static int set_up(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof desk);
    desk.alerts = pace_alerts_new();
    *state = &desk;
    return desk.alerts ? 0 : -1;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    pace_alerts_free(desk->alerts);
    return 0;
}

static void an_indicator_off_its_pace_is_told_once(void **state)
{
    struct desk *desk = *state;
    read_pace(desk, "ftth-share", PACE_STATE_ON);
    assert_int_equal(desk->told, 0);
    read_pace(desk, "ftth-share", PACE_STATE_OFF);
    read_pace(desk, "ftth-share", PACE_STATE_OFF);
    assert_int_equal(desk->told, 1);
    assert_true(desk->last.raised);
    assert_string_equal(desk->last.indicator, "ftth-share");
    assert_int_equal(desk->last.since_unix_ns, 1000);
    read_pace(desk, "wlan-hotspots", PACE_STATE_OFF);
    assert_int_equal(desk->told, 2);
}

static void what_cannot_be_assessed_changes_nothing(void **state)
{
    struct desk *desk = *state;
    read_pace(desk, "ftth-share", PACE_STATE_UNKNOWN);
    read_pace(desk, "ftth-share", PACE_STATE_OFF);
    read_pace(desk, "ftth-share", PACE_STATE_UNKNOWN);
    assert_int_equal(desk->told, 1);
    read_pace(desk, "ftth-share", PACE_STATE_ON);
    assert_int_equal(desk->told, 2);
    assert_false(desk->last.raised);
    assert_int_equal(desk->last.since_unix_ns, 1000);
    assert_int_equal(desk->last.at_unix_ns, 2000);
}

static void it_is_said_with_the_indicator_and_without_a_probe(void **state)
{
    struct desk *desk = *state;
    char topic[ALERT_TOPIC_BYTES];
    read_pace(desk, "ftth-share", PACE_STATE_OFF);
    alert_topic(&desk->last, topic);
    assert_string_equal(topic, "lastmile/1/alert/city/ftth-share/pace-off");
    char *json = alert_json(&desk->last);
    assert_non_null(strstr(json, "\"indicator\""));
    assert_null(strstr(json, "\"probe\""));
    free(json);
    json = alert_webhook_json(&desk->last);
    int64_t one = desk->last.probe_id;
    assert_non_null(strstr(json, "ftth-share"));
    free(json);
    read_pace(desk, "wlan-hotspots", PACE_STATE_OFF);
    assert_true(desk->last.probe_id != one); /* of which the fingerprint is made */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_indicator_off_its_pace_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_assessed_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_said_with_the_indicator_and_without_a_probe, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
