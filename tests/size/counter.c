/* Counts the instructions that an emulated processor executes between two markers: a plugin for
 * QEMU's TCG. The same program gives the same counts on every run.
 */
#include "plugin.h"

static uint64_t executed, at_begin;
static FILE *out;

static void begin(unsigned cpu, void *unused) {
    at_begin = executed;
}

static void end(unsigned cpu, void *unused) {
    fprintf(out, "%llu\n", (unsigned long long)(executed - at_begin));
    fflush(out);
}

static void translated(plugin_id id, struct block *block) {
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &executed, 1);
        if (is_begin(instruction))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, NO_REGISTERS, NULL);
        if (is_end(instruction))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, NO_REGISTERS, NULL);
    }
}

/* Takes the argument out=PATH: one line for each pair of markers, in their order. */
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    const char *path = argument(argc, argv, "out");
    out = path == NULL ? NULL : fopen(path, "w");
    if (out == NULL)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
