/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/deployment.h"

#include "common/clock.h"

#include "tests/support/random_numbers.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_SWING    0.01 /* the share that nodes are drawn around lies so far from the target */
#define OPERATOR_SWING  0.8  /* in logits */
#define RURAL_LESS      0.7
#define GROWTH_MEAN     0.08 /* of a node's lines since the register was written */
#define GROWTH_SPREAD   0.10
#define NEW_LINES_FIBRE 0.92
#define RURAL_SIZE      0.5
#define SMALLEST        16.0

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

struct domain {
    const char *operator_name;
    enum settlement settlement;
    double mean, likeness;
    size_t nodes, drawn;
};

struct truth {
    double fibre, lines;
};

static bool add_lines(struct node_evidence *node, enum access_technology technology, double now,
                      double registered)
{
    struct node_lines *lines = evidence_add_lines(node, technology);
    if (!lines)
        return false;
    lines->registered = optional_u64((uint64_t)registered);
    if (node->reported)
        lines->active_max = lines->provisioned = optional_u64((uint64_t)now);
    return true;
}

static bool add_node(struct deployment *deployment, const struct deployment_kind *kind,
                     const struct domain *domain, uint64_t *state, bool drawn, struct truth *truth)
{
    struct node_evidence *node = evidence_add_node(&deployment->evidence);
    if (!node)
        return false;
    (void)snprintf(node->operator_name, sizeof node->operator_name, "%s", domain->operator_name);
    (void)snprintf(node->access_node, sizeof node->access_node, "node-%zu",
                   deployment->evidence.node_count);
    (void)snprintf(node->area, sizeof node->area, "371002");
    node->settlement = domain->settlement;
    node->residence = RESIDENCE_RESIDENTIAL;
    node->registered = true;
    node->reported = drawn;
    double median = kind->size_median * (domain->settlement == SETTLEMENT_RURAL ? RURAL_SIZE : 1);
    double registered = ceil(SMALLEST + median * exp(kind->size_spread * random_normal(state)));
    double growth = fmax(0, GROWTH_MEAN + GROWTH_SPREAD * random_normal(state));
    double lines = ceil(registered * (1 + growth));
    double mean = logistic(log(domain->mean / (1 - domain->mean)) +
                           kind->size_slope * log(registered / median));
    double share = random_beta(state, mean, domain->likeness);
    double fibre = floor(registered * share + (lines - registered) * NEW_LINES_FIBRE + 0.5);
    fibre = fmin(fibre, lines);
    truth->fibre += fibre;
    truth->lines += lines;
    double old_fibre = floor(registered * share);
    return add_lines(node, TECHNOLOGY_GPON, fibre, old_fibre) &&
           add_lines(node, TECHNOLOGY_ADSL2, lines - fibre, registered - old_fibre);
}

/* Draws without replacement: of those that are left, each as likely as another. */
static bool add_domain(struct deployment *deployment, const struct deployment_kind *kind,
                       const struct domain *domain, uint64_t *state, struct truth *truth)
{
    size_t to_draw = domain->drawn;
    for (size_t i = 0; i < domain->nodes; i++) {
        bool drawn = random_uniform(state, 0, 1) * (double)(domain->nodes - i) < (double)to_draw;
        to_draw -= drawn;
        if (!add_node(deployment, kind, domain, state, drawn, truth))
            return false;
    }
    return true;
}

static struct domain draw_domain(const struct deployment_kind *kind, uint64_t *state, double logit)
{
    struct domain domain = {.mean = logistic(logit)};
    double spread = (double)(kind->nodes_max - kind->nodes_min + 1);
    domain.nodes = kind->nodes_min + (size_t)random_uniform(state, 0, spread);
    double part = random_uniform(state, kind->sampled_min, kind->sampled_max);
    domain.drawn = (size_t)(part * (double)domain.nodes + 0.5);
    domain.drawn = domain.drawn < 2 ? 2 : domain.drawn;
    domain.likeness = random_uniform(state, kind->likeness_min, kind->likeness_max);
    return domain;
}

static bool fill(struct deployment *deployment, const struct deployment_kind *kind, uint64_t *state,
                 double target, struct truth *truth)
{
    static const char *const operators[] = {"cu", "cm", "ct", "gd"};
    double share = target / 100 + random_uniform(state, -TARGET_SWING, TARGET_SWING);
    double logit = log(share / (1 - share));
    for (size_t i = 0; i < kind->operators; i++) {
        double of_operator = logit + OPERATOR_SWING * random_uniform(state, -1, 1);
        for (int rural = 0; rural < 2; rural++) {
            struct domain domain = draw_domain(kind, state, of_operator - rural * RURAL_LESS);
            domain.operator_name = operators[i];
            domain.settlement = rural ? SETTLEMENT_RURAL : SETTLEMENT_URBAN;
            if (!add_domain(deployment, kind, &domain, state, truth))
                return false;
        }
    }
    return true;
}

struct deployment *deployment_new(const struct deployment_kind *kind, uint64_t seed, double share,
                                  double penetration)
{
    struct deployment *deployment = calloc(1, sizeof *deployment);
    struct truth truth = {0, 0};
    uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
    if (!deployment || !fill(deployment, kind, &state, share, &truth)) {
        deployment_free(deployment);
        return NULL;
    }
    deployment->ftth_share = 100 * truth.fibre / truth.lines;
    deployment->penetration = penetration + random_uniform(&state, -1, 1);
    deployment->households =
        (struct denominator){.area = "371000",
                             .variable = "resident-households",
                             .class_name = "all",
                             .value = 100 * truth.lines / deployment->penetration};
    deployment->inputs.evidence = &deployment->evidence;
    deployment->inputs.imported.denominators = &deployment->households;
    deployment->inputs.imported.denominator_count = 1;
    return deployment;
}

void deployment_set_instant(struct deployment *deployment, int64_t day)
{
    deployment->inputs.window =
        (struct evidence_query){.last_day = day, .activity_days = 90, .presence_days = 15};
    deployment->inputs.computed_ns = clock_city_day_start_ns(day + 1);
    deployment->households.reference_day = day;
}

void deployment_free(struct deployment *deployment)
{
    if (!deployment)
        return;
    for (size_t i = 0; i < deployment->evidence.node_count; i++)
        free(deployment->evidence.nodes[i].lines);
    free(deployment->evidence.nodes);
    free(deployment);
}
