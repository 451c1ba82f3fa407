/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Roles, and who is looking. Pure; plain values.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_ROLE_H
#define LASTMILE_COLLECTOR_ACCESS_ROLE_H

#include "common/conf.h"

#include "collector/registry/account_store.h"

#include <stdbool.h>

enum role {
    ROLE_NOBODY,     /* who has not logged in, where the public is not let in */
    ROLE_PUBLIC,     /* figures and verdicts, small counts withheld */
    ROLE_OPERATOR,   /* its own network in detail besides */
    ROLE_COMMISSION, /* every figure, and what stands behind it */
    ROLE_ADMIN,      /* the collector's own state, the audit log, metrics */
    ROLE_METRICS,    /* metrics alone: the token of a scraper */
};
extern const struct conf_name role_names[];

/* A set of roles; one bit each. Named ones see more than the public. */
typedef unsigned role_set;
#define ROLE_BIT(role) (1u << (role))
#define ROLES_ADMIN    ROLE_BIT(ROLE_ADMIN)
#define ROLES_METRICS  (ROLES_ADMIN | ROLE_BIT(ROLE_METRICS))
#define ROLES_NAMED    (ROLES_ADMIN | ROLE_BIT(ROLE_COMMISSION) | ROLE_BIT(ROLE_OPERATOR))
#define ROLES_ALL      (ROLES_NAMED | ROLE_BIT(ROLE_PUBLIC))
#define ROLES_ANYBODY  (ROLES_ALL | ROLES_METRICS | ROLE_BIT(ROLE_NOBODY))

/* Zeroed is nobody. */
struct viewer {
    enum role role;
    char name[ACCOUNT_NAME_BYTES];          /* "" = nobody logged in */
    char operator_key[ACCOUNT_OWNER_BYTES]; /* of ROLE_OPERATOR; else "" */
};

/* True where everything that belongs to this operator may be shown in detail. */
bool viewer_sees_operator(const struct viewer *viewer, const char *operator_key);

/* True where no figure is withheld. */
bool viewer_sees_all_figures(const struct viewer *viewer);

#endif
