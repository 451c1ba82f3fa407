/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/snmp_fixture.h"

#include "probe/snmp/gather.h"
#include "probe/snmp/recording.h"
#include "probe/snmp/snmprec.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUESTIONS_MAX 100000
#define ROOM          1024

struct profile_set *fixture_profiles(const char *text, struct conf_error *out_error)
{
    char folder[] = "/tmp/lastmile-profiles-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/test.cfg", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    struct profile_set *profiles = profile_set_load(folder, out_error);
    (void)unlink(path);
    (void)rmdir(folder);
    return profiles;
}

struct profile_set *fixture_shipped_profiles(void)
{
    char path[512];
    const char *source = getenv("LASTMILE_SOURCE");
    (void)snprintf(path, sizeof path, "%s/config/profiles", source ? source : ".");
    struct conf_error error;
    struct profile_set *profiles = profile_set_load(path, &error);
    if (!profiles)
        print_error("%s\n", error.text);
    assert_non_null(profiles);
    return profiles;
}

static void answer_through(fixture_lie_fn lie, const struct source_request *request,
                           struct recording *recording, unsigned question, struct gather *gather)
{
    struct varbind *varbinds = calloc(ROOM, sizeof *varbinds);
    assert_non_null(varbinds);
    struct source_answer honest = recording_ask(recording, request);
    memcpy(varbinds, honest.varbinds, honest.varbind_count * sizeof *varbinds);
    struct fixture_answer told = {honest, varbinds, ROOM, question};
    told.answer.varbinds = varbinds;
    if (lie)
        lie(request, &told);
    gather_answer(gather, &told.answer);
    free(varbinds);
}

struct device_snapshot *fixture_poll(const char *text, const struct profile_set *profiles,
                                     fixture_lie_fn lie, unsigned *out_questions)
{
    struct snmprec_counts counts;
    const struct walk_pace pace = {.repetitions = 10};
    struct varbind_set *set = varbind_set_new(1 << 20, 1 << 26);
    assert_int_equal(snmprec_parse(text, strlen(text), set, &counts), 0);
    struct recording *recording = recording_new(set);
    struct gather *gather = gather_new(profiles, NULL, &pace);
    struct source_request request;
    unsigned questions = 0;
    while (gather_request(gather, &request)) {
        assert_true(++questions < QUESTIONS_MAX);
        answer_through(lie, &request, recording, questions, gather);
    }
    struct device_snapshot *snapshot = device_snapshot_new();
    assert_int_equal(gather_finish(gather, snapshot), 0);
    gather_free(gather);
    recording_free(recording);
    varbind_set_free(set);
    if (out_questions)
        *out_questions = questions;
    return snapshot;
}

const struct snapshot_figure *fixture_figure(const struct device_snapshot *snapshot,
                                             const char *quantity, const char *source)
{
    for (size_t i = 0; i < snapshot->figure_count; i++)
        if (strcmp(snapshot->figures[i].quantity, quantity) == 0 &&
            strcmp(snapshot->figures[i].source, source) == 0)
            return &snapshot->figures[i];
    return NULL;
}

bool fixture_warns(const struct device_snapshot *snapshot, const char *text)
{
    for (size_t i = 0; i < snapshot->warning_count; i++)
        if (strstr(snapshot->warnings[i], text))
            return true;
    return false;
}
