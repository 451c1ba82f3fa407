/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/inputs.h"

#include <stdlib.h>

void inputs_free(struct inputs *inputs)
{
    if (!inputs)
        return;
    evidence_free(inputs->evidence);
    imported_clear(&inputs->imported);
    free(inputs->past);
    free(inputs);
}
