/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The filter. Calls are known by name, since their numbers differ by architecture; a name that this
 * architecture does not have is passed over (an arm64 kernel has no `open`).
 */
#include "probe/confine/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

static const char *const needed[] = {
    /* files and descriptors */
    "read",
    "readv",
    "pread64",
    "write",
    "writev",
    "pwrite64",
    "close",
    "close_range",
    "open",
    "openat",
    "lseek",
    "_llseek",
    "access",
    "faccessat",
    "faccessat2",
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "fstat",
    "fstat64",
    "newfstatat",
    "fstatat64",
    "statx",
    "statfs",
    "statfs64",
    "fstatfs",
    "fstatfs64",
    "getdents",
    "getdents64",
    "getcwd",
    "readlink",
    "readlinkat",
    "fcntl",
    "fcntl64",
    "flock",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "ioctl",
    "umask",
    "eventfd2",
    /* the spool */
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "truncate",
    "ftruncate",
    "ftruncate64",
    "fallocate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "fchmod",
    "fadvise64",
    "fadvise64_64",
    "utimensat",
    /* sockets */
    "socket",
    "socketcall",
    "socketpair",
    "bind",
    "connect",
    "listen",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "send",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "shutdown",
    /* waiting and time */
    "poll",
    "ppoll",
    "ppoll_time64",
    "select",
    "_newselect",
    "pselect6",
    "pselect6_time64",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "nanosleep",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_getres_time64",
    "gettimeofday",
    "time",
    "times",
    "adjtimex",
    "clock_adjtime",
    "clock_adjtime64",
    /* memory and threads */
    "brk",
    "mmap",
    "mmap2",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "mincore",
    "futex",
    "futex_time64",
    "clone",
    "clone3",
    "exit",
    "exit_group",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "sched_yield",
    "sched_getaffinity",
    "membarrier",
    "arch_prctl",
    "set_tls",
    "cacheflush",
    /* signals and children: the sub-agent is told to end, and buried */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sigaltstack",
    "restart_syscall",
    "tgkill",
    "kill",
    "wait4",
    "waitid",
    "waitpid",
    /* who and where one is; the thread's own capabilities */
    "getpid",
    "getppid",
    "gettid",
    "getuid",
    "getuid32",
    "geteuid",
    "geteuid32",
    "getgid",
    "getgid32",
    "getegid",
    "getegid32",
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "ugetrlimit",
    "prlimit64",
    "setrlimit",
    "getrandom",
    "prctl",
    "capget",
    "capset",
};

static const char *const starting[] = {"execve", "execveat", "fork", "vfork"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
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
        status = add_all(filter, SCMP_ACT_ALLOW, needed, COUNT(needed));
    if (status == 0)
        status = add_all(filter, may_execute ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), starting,
                         COUNT(starting));
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == -EINVAL || status == -EOPNOTSUPP ? -ENOSYS : status;
}
