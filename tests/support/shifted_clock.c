/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be preloaded: a wall clock that is CLOCK_SHIFT_S seconds ahead (behind, where it is less than
 * 0). All other clocks are as they are.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static long shift_s;
    static int known;
    if (!known) {
        const char *text = getenv("CLOCK_SHIFT_S");
        shift_s = text ? strtol(text, NULL, 10) : 0;
        known = 1;
    }
    long status = syscall(SYS_clock_gettime, clock, out);
    if (status == 0 && clock == CLOCK_REALTIME)
        out->tv_sec += shift_s;
    return (int)status;
}
