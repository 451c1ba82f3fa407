/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/recognise.h"

#include <errno.h>
#include <stdio.h>

static bool was_answered(const struct recognise_probes *probes, const struct oid *probe)
{
    for (size_t n = 0; probes->answered && n < probes->names->count; n++)
        if (probes->answered[n] && oid_compare(&probes->names->oids[n], probe) == 0)
            return true;
    return false;
}

struct recognition recognise_best(const struct profile_set *profiles,
                                  const struct system_group *system,
                                  const struct recognise_probes *probes)
{
    struct recognition best = {.profile = NULL};
    for (size_t i = 0; i < profile_set_count(profiles); i++) {
        const struct profile *profile = profile_set_at(profiles, i);
        for (size_t r = 0; r < profile->rule_count; r++) {
            const struct match_rule *rule = &profile->rules[r];
            unsigned rank = match_rule_rank(rule, &system->object_id, system->descr);
            if (rank > best.rank && (rule->probe.length == 0 || was_answered(probes, &rule->probe)))
                best = (struct recognition){profile, rule, rank};
        }
    }
    return best;
}

int recognise_plan(const struct profile_set *profiles, const struct system_group *system,
                   struct oid_list *out_names)
{
    const struct recognise_probes none = {.names = out_names, .answered = NULL};
    unsigned rank = recognise_best(profiles, system, &none).rank;
    for (size_t i = 0; i < profile_set_count(profiles); i++) {
        const struct profile *profile = profile_set_at(profiles, i);
        for (size_t r = 0; r < profile->rule_count; r++) {
            const struct match_rule *rule = &profile->rules[r];
            if (rule->probe.length > 0 &&
                match_rule_rank(rule, &system->object_id, system->descr) > rank &&
                oid_list_add(out_names, &rule->probe) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

void recognise_explain(const struct match_rule *rule, char *out, size_t size)
{
    char object_id[OID_TEXT_BYTES] = "";
    char probe[OID_TEXT_BYTES] = "";
    oid_format(&rule->object_id, object_id, sizeof object_id);
    oid_format(&rule->probe, probe, sizeof probe);
    bool described = rule->description[0] != '\0';
    bool first = rule->object_id.length == 0;
    (void)snprintf(out, size, "%s%.80s%s%s%.60s%s%s%s%.80s",
                   first ? "" : "sysObjectID begins with ", object_id,
                   described && !first ? ", " : "", described ? "sysDescr has '" : "",
                   rule->description, described ? "'" : "",
                   rule->probe.length > 0 && (described || !first) ? ", " : "",
                   rule->probe.length > 0 ? "the agent has objects below " : "", probe);
}
