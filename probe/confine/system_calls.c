/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The filter. Calls are known by name, since their numbers differ by architecture; a name that this
 * architecture does not have is passed over (an arm64 kernel has no `open`). The names stand one
 * behind the other, each with its end: pointers to them, which the loader must adjust, would take
 * three times their room.
 */
#include "probe/confine/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

static const char needed[] =
    /* files and descriptors */
    "read\0"
    "readv\0"
    "pread64\0"
    "write\0"
    "writev\0"
    "pwrite64\0"
    "close\0"
    "close_range\0"
    "open\0"
    "openat\0"
    "lseek\0"
    "_llseek\0"
    "access\0"
    "faccessat\0"
    "faccessat2\0"
    "stat\0"
    "stat64\0"
    "lstat\0"
    "lstat64\0"
    "fstat\0"
    "fstat64\0"
    "newfstatat\0"
    "fstatat64\0"
    "statx\0"
    "statfs\0"
    "statfs64\0"
    "fstatfs\0"
    "fstatfs64\0"
    "getdents\0"
    "getdents64\0"
    "getcwd\0"
    "readlink\0"
    "readlinkat\0"
    "fcntl\0"
    "fcntl64\0"
    "flock\0"
    "dup\0"
    "dup2\0"
    "dup3\0"
    "pipe\0"
    "pipe2\0"
    "ioctl\0"
    "umask\0"
    "eventfd2\0"
    "memfd_create\0" /* what the sub-agent reads, made anew where settings are */
    /* the spool */
    "mkdir\0"
    "mkdirat\0"
    "rename\0"
    "renameat\0"
    "renameat2\0"
    "unlink\0"
    "unlinkat\0"
    "rmdir\0"
    "truncate\0"
    "truncate64\0"
    "ftruncate\0"
    "ftruncate64\0"
    "fallocate\0"
    "fsync\0"
    "fdatasync\0"
    "sync_file_range\0"
    "fchmod\0"
    "fadvise64\0"
    "fadvise64_64\0"
    "utimensat\0"
    "utimensat_time64\0"
    /* sockets */
    "socket\0"
    "socketcall\0"
    "socketpair\0"
    "bind\0"
    "connect\0"
    "listen\0"
    "getsockname\0"
    "getpeername\0"
    "getsockopt\0"
    "setsockopt\0"
    "send\0"
    "sendto\0"
    "sendmsg\0"
    "sendmmsg\0"
    "recv\0"
    "recvfrom\0"
    "recvmsg\0"
    "recvmmsg\0"
    "recvmmsg_time64\0"
    "shutdown\0"
    /* waiting and time */
    "poll\0"
    "ppoll\0"
    "ppoll_time64\0"
    "select\0"
    "_newselect\0"
    "pselect6\0"
    "pselect6_time64\0"
    "epoll_create1\0"
    "epoll_ctl\0"
    "epoll_wait\0"
    "epoll_pwait\0"
    "epoll_pwait2\0"
    "nanosleep\0"
    "clock_nanosleep\0"
    "clock_nanosleep_time64\0"
    "clock_gettime\0"
    "clock_gettime64\0"
    "clock_getres\0"
    "clock_getres_time64\0"
    "gettimeofday\0"
    "time\0"
    "times\0"
    "adjtimex\0"
    "clock_adjtime\0"
    "clock_adjtime64\0"
    /* memory and threads */
    "brk\0"
    "mmap\0"
    "mmap2\0"
    "munmap\0"
    "mremap\0"
    "mprotect\0"
    "madvise\0"
    "futex\0"
    "futex_time64\0"
    "clone\0"
    "clone3\0"
    "exit\0"
    "exit_group\0"
    "set_robust_list\0"
    "get_robust_list\0"
    "rseq\0"
    "set_tid_address\0"
    "sched_yield\0"
    "sched_getaffinity\0"
    "membarrier\0"
    "arch_prctl\0"
    "set_tls\0"
    "cacheflush\0"
    /* signals and children: the sub-agent is told to end, and buried */
    "rt_sigaction\0"
    "rt_sigprocmask\0"
    "rt_sigreturn\0"
    "sigreturn\0"
    "rt_sigsuspend\0"
    "rt_sigtimedwait\0"
    "rt_sigtimedwait_time64\0"
    "sigaltstack\0"
    "restart_syscall\0"
    "tgkill\0"
    "tkill\0" /* musl: raise() and abort() */
    "kill\0"
    "wait4\0"
    "waitid\0"
    "waitpid\0"
    /* who and where one is; the thread's own capabilities */
    "getpid\0"
    "getppid\0"
    "gettid\0"
    "getuid\0"
    "getuid32\0"
    "geteuid\0"
    "geteuid32\0"
    "getgid\0"
    "getgid32\0"
    "getegid\0"
    "getegid32\0"
    "uname\0"
    "sysinfo\0"
    "getrusage\0"
    "getrlimit\0"
    "ugetrlimit\0"
    "prlimit64\0"
    "getrandom\0"
    "prctl\0"
    "capget\0"
    "capset\0";

const char *confine_names(void)
{
    return needed;
}

static const char starting[] = "execve\0execveat\0fork\0vfork\0";

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *names)
{
    for (const char *name = names; *name; name += strlen(name) + 1) {
        int number = seccomp_syscall_resolve_name(name);
        int status = number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, action, number, 0);
        if (status != 0 && status != -EDOM) /* -EDOM: not on this architecture */
            return status;
    }
    return 0;
}

int confine_system_calls(bool may_execute)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter)
        return -ENOMEM;
    int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* all threads, or none */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);     /* a tree; else a list */
    if (status == 0)
        status = add_all(filter, SCMP_ACT_ALLOW, needed);
    if (status == 0)
        status = add_all(filter, may_execute ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), starting);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == -EINVAL || status == -EOPNOTSUPP ? -ENOSYS : status;
}
