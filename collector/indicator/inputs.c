/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/inputs.h"

#include <stdlib.h>
#include <string.h>

void inputs_free(struct inputs *inputs)
{
    if (!inputs)
        return;
    evidence_free(inputs->evidence);
    imported_clear(&inputs->imported);
    free(inputs->past);
    free(inputs);
}

/* What a day is told twice stays in the order of all its values, so that equal pasts are equal. */
static int compare_past(const void *a, const void *b)
{
    const struct past_figure *left = a;
    const struct past_figure *right = b;
    int order = strcmp(left->indicator, right->indicator);
    if (order == 0)
        order = (left->point.day > right->point.day) - (left->point.day < right->point.day);
    if (order == 0)
        order = (left->point.definition_version > right->point.definition_version) -
                (left->point.definition_version < right->point.definition_version);
    if (order == 0)
        order = (left->point.value > right->point.value) - (left->point.value < right->point.value);
    return order;
}

void inputs_sort_past(struct inputs *inputs)
{
    if (inputs->past_count > 1)
        qsort(inputs->past, inputs->past_count, sizeof *inputs->past, compare_past);
}
