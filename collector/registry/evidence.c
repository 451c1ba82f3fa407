/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/evidence.h"

#include <errno.h>
#include <stdlib.h>

int registry_collect_evidence(struct registry *registry, const struct evidence_query *query,
                              uint64_t now_ns, struct evidence **out_evidence)
{
    (void)registry;
    (void)query;
    (void)now_ns;
    struct evidence *evidence = calloc(1, sizeof *evidence);
    if (!evidence)
        return -ENOMEM;
    *out_evidence = evidence;
    return 0;
}

void evidence_free(struct evidence *evidence)
{
    if (!evidence)
        return;
    for (size_t i = 0; i < evidence->node_count; i++)
        free(evidence->nodes[i].lines);
    free(evidence->nodes);
    free(evidence->controllers);
    free(evidence->interfaces);
    free(evidence->probes);
    free(evidence);
}
