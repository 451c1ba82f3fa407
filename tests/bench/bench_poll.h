/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the parts of bench_poll share: the farm of agents, what something cost, and the programs
 * that the poller is compared with.
 */
#ifndef LASTMILE_TESTS_BENCH_BENCH_POLL_H
#define LASTMILE_TESTS_BENCH_BENCH_POLL_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Agents on loopback, in a process of their own, on a core of their own where there are two. */
struct farm {
    pid_t pid;
    FILE *said;
    unsigned port, agents, interfaces;
};

struct farm_served {
    uint64_t datagrams, varbinds, octets, cpu_us;
};

int farm_start(struct farm *farm, const char *program, unsigned agents, unsigned interfaces);
struct farm_served farm_served(const struct farm *farm);
void farm_stop(struct farm *farm);
/* "127.1.0.1:PORT" of agent i. */
void farm_address(const struct farm *farm, unsigned i, char *out, size_t size);

struct cost {
    double seconds, cpu_s;
    double varbinds;
};
double cost_per_s(const struct cost *cost);
double cost_per_cpu_s(const struct cost *cost);

/* A walk of so many agents, one after the other, a process each. Negative seconds: not installed.
 */
struct cost others_snmpbulkwalk(const struct farm *farm, unsigned walks);
/* collectd's snmp plugin on so many agents for so many seconds, as fast as it can. */
struct cost others_collectd(const struct farm *farm, unsigned agents, unsigned seconds);

#endif
