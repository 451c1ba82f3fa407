/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A plugin of qemu-user (7.2, docs/devel/tcg-plugins.rst): how many instructions the emulated
 * program has executed, all threads together, on stderr at its end. bench_instructions.py builds
 * and uses it. Debian's package has no header of the interface: what is used of it is declared
 * here.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PUBLIC         __attribute__((visibility("default")))
#define INLINE_ADD_U64 0 /* enum qemu_plugin_op */

typedef uint64_t plugin_id;
struct qemu_plugin_tb; /* a block of instructions as translated */

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                           void (*translated)(plugin_id id,
                                                              struct qemu_plugin_tb *block));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation,
                                              void *counter, uint64_t summand);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id id, void *data),
                                    void *data);

extern int qemu_plugin_version;
PUBLIC int qemu_plugin_version = 1;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

static uint64_t executed;

static void count_block(plugin_id id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &executed,
                                             qemu_plugin_tb_n_insns(block));
}

static void say(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    (void)fprintf(stderr, "instructions: %" PRIu64 "\n", executed);
}

PUBLIC int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
    qemu_plugin_register_atexit_cb(id, say, NULL);
    return 0;
}
