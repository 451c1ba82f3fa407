/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create */
#include "probe/subagent/board.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC     UINT64_C(0x6c61737461676578)
#define TRIES_MAX 1000

/* In shared memory. `version` is odd while the writer is at work. */
struct shared {
    uint64_t magic, devices_max;
    atomic_uint_fast64_t version;
    _Alignas(8) unsigned char status[]; /* struct probe_status, with its rows */
};

struct board {
    int descriptor;
    struct shared *shared;
    size_t shared_bytes, status_bytes;
    struct probe_status *copy;
};

static size_t status_bytes(uint64_t devices_max)
{
    return sizeof(struct probe_status) + (size_t)devices_max * sizeof(struct status_device);
}

static size_t shared_bytes(uint64_t devices_max)
{
    return offsetof(struct shared, status) + status_bytes(devices_max);
}

void board_free(struct board *board)
{
    if (!board)
        return;
    if (board->shared)
        (void)munmap(board->shared, board->shared_bytes);
    if (board->descriptor >= 0)
        (void)close(board->descriptor);
    free(board->copy);
    free(board);
}

/* Maps the descriptor, which it takes over. NULL with errno. */
static struct board *map(int descriptor, size_t bytes, size_t of_status, int protection)
{
    struct board *board = calloc(1, sizeof *board);
    if (!board) {
        (void)close(descriptor);
        return NULL;
    }
    *board = (struct board){.descriptor = descriptor,
                            .shared_bytes = bytes,
                            .status_bytes = of_status,
                            .copy = calloc(1, of_status)};
    void *memory = mmap(NULL, bytes, protection, MAP_SHARED, descriptor, 0);
    int error = errno;
    board->shared = memory == MAP_FAILED ? NULL : memory;
    if (board->shared && board->copy)
        return board;
    board_free(board);
    errno = memory == MAP_FAILED ? error : ENOMEM;
    return NULL;
}

struct board *board_new(size_t devices_max)
{
    size_t bytes = shared_bytes(devices_max);
    int descriptor = memfd_create("lastmile-status", MFD_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    if (ftruncate(descriptor, (off_t)bytes) != 0) {
        int error = errno;
        (void)close(descriptor);
        errno = error;
        return NULL;
    }
    struct board *board = map(descriptor, bytes, status_bytes(devices_max), PROT_READ | PROT_WRITE);
    if (board) {
        board->shared->devices_max = devices_max;
        board->shared->magic = MAGIC;
    }
    return board;
}

struct board *board_open(int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return NULL;
    size_t bytes = (size_t)status.st_size;
    if (bytes < shared_bytes(0)) {
        errno = EPROTO;
        return NULL;
    }
    struct board *board =
        map(descriptor, bytes, bytes - offsetof(struct shared, status), PROT_READ);
    if (board && (board->shared->magic != MAGIC ||
                  board->shared->devices_max > bytes / sizeof(struct status_device) ||
                  shared_bytes(board->shared->devices_max) != bytes)) {
        board_free(board);
        errno = EPROTO;
        return NULL;
    }
    return board;
}

int board_descriptor(const struct board *board)
{
    return board->descriptor;
}

struct probe_status *board_edit(struct board *board)
{
    return board->copy;
}

void board_publish(struct board *board)
{
    struct shared *shared = board->shared;
    uint_fast64_t version = atomic_load_explicit(&shared->version, memory_order_relaxed);
    atomic_store_explicit(&shared->version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    memcpy(shared->status, board->copy, status_bytes(board->copy->device_count));
    atomic_store_explicit(&shared->version, version + 2, memory_order_release);
}

const struct probe_status *board_read(struct board *board)
{
    struct shared *shared = board->shared;
    for (int i = 0; i < TRIES_MAX; i++) {
        uint_fast64_t before = atomic_load_explicit(&shared->version, memory_order_acquire);
        if (before == 0)
            return NULL;
        if (before % 2 == 0) {
            memcpy(board->copy, shared->status, board->status_bytes);
            atomic_thread_fence(memory_order_acquire);
            if (atomic_load_explicit(&shared->version, memory_order_relaxed) == before &&
                board->copy->source_count <= STATUS_SOURCES_MAX &&
                status_bytes(board->copy->device_count) <= board->status_bytes)
                return board->copy;
        }
        (void)usleep(10);
    }
    return NULL;
}
