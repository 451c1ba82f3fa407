/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A ledger as a plain value: its words, its end.
 */
#include "collector/registry/ledger.h"

#include <stdlib.h>

const char *const ledger_reason_names[LEDGER_REASONS] = {
    [LEDGER_DECLARED] = "declared",
    [LEDGER_REFUSED] = "refused",
    [LEDGER_CLOCK] = "clock",
    [LEDGER_SILENT] = "silent",
};

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    for (size_t i = 0; i < ledger->probe_count; i++)
        free(ledger->probes[i].gaps);
    free(ledger->probes);
    free(ledger);
}
