/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/recording.h"

#include <stdlib.h>

struct recording {
    struct varbind_set *set;
    struct varbind answer[RECORDING_ANSWER_MAX];
    size_t answer_count;
};

struct recording *recording_new(struct varbind_set *set)
{
    struct recording *recording = calloc(1, sizeof *recording);
    if (recording)
        recording->set = set;
    return recording;
}

void recording_free(struct recording *recording)
{
    free(recording);
}

static bool put(struct recording *recording, const struct varbind *varbind)
{
    if (recording->answer_count == RECORDING_ANSWER_MAX)
        return false;
    recording->answer[recording->answer_count++] = *varbind;
    return true;
}

static void get(struct recording *recording, const struct oid *name)
{
    const struct varbind_row *row = varbind_set_find(recording->set, name);
    struct varbind varbind = {.name = *name, .type = VALUE_NO_SUCH_INSTANCE};
    if (row)
        varbind = varbind_of_row(row);
    (void)put(recording, &varbind); /* names are fewer than places */
}

/* Where a repeater stands: rows that follow it, and the name to repeat at their end. */
struct repeater {
    const struct varbind_row *row;
    size_t left;
    struct oid name;
};

/* Repetitions of all names side by side, until every one is at its end or the answer is full. */
static void get_next(struct recording *recording, const struct source_request *request,
                     unsigned repetitions)
{
    struct repeater repeaters[SOURCE_NAMES_MAX];
    for (size_t i = 0; i < request->name_count; i++) {
        repeaters[i].row =
            varbind_set_after(recording->set, &request->names[i], &repeaters[i].left);
        oid_copy(&repeaters[i].name, &request->names[i]);
    }
    bool any = true;
    for (unsigned r = 0; r < repetitions && any; r++) {
        any = false;
        for (size_t i = 0; i < request->name_count; i++) {
            struct repeater *at = &repeaters[i];
            struct varbind varbind = {.type = VALUE_END_OF_MIB_VIEW};
            oid_copy(&varbind.name, &at->name);
            if (at->left > 0) {
                varbind = varbind_of_row(at->row++);
                at->left--;
                oid_copy(&at->name, &varbind.name);
                any = true;
            }
            if (!put(recording, &varbind))
                return;
        }
    }
}

struct source_answer recording_ask(struct recording *recording,
                                   const struct source_request *request)
{
    recording->answer_count = 0;
    for (size_t i = 0; i < request->name_count && request->operation == SOURCE_GET; i++)
        get(recording, &request->names[i]);
    if (request->operation != SOURCE_GET)
        get_next(recording, request,
                 request->operation == SOURCE_GET_BULK ? request->max_repetitions : 1);
    return (struct source_answer){.status = SOURCE_OK,
                                  .varbinds = recording->answer,
                                  .varbind_count = recording->answer_count};
}
